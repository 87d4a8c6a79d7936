"""What the official files say of each tweet: whether it reports an adverse effect, where, and which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from training.errors import CorpusError
from training.scorer.layout import read_rows

TWEETS_FILE = "tweets.tsv"
CLASS_FILE = "class.tsv"
SPANS_FILE = "spans.tsv"
CODED_SPANS_FILE = "spans_norm.tsv"

_LABELS = {"ADE": True, "NoADE": False}
_NO_CODE = ("", "-")


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a tweet.

    Attributes:
        start: offset of its first character, as in the file.
        end: offset of its end, as in the file.
        code: of its Preferred Term, or None where there is none.
    """

    start: int
    end: int
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of one tweet.

    Attributes:
        adverse: whether it reports an adverse effect (subtask 1a).
        marks: its spans (1b) and their codes (1c), in any order.
    """

    adverse: bool = False
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Annotations:
    """What the files of a folder say.

    Attributes:
        judgements: by tweet, for each tweet that the files name.
        texts: by tweet; empty where there is no `tweets.tsv`.
        duplicates: rows of spans that repeat another one exactly, and were dropped.
        unknown: rows of tweets that `tweets.tsv` does not have, and were dropped.
    """

    judgements: Mapping[str, Judgement]
    texts: Mapping[str, str] = field(default_factory=dict)
    duplicates: int = 0
    unknown: int = 0


def is_official(path: Path) -> bool:
    """Tell whether a folder has files in the official layout."""
    return any((path / name).is_file() for name in (TWEETS_FILE, CLASS_FILE, SPANS_FILE, CODED_SPANS_FILE))


def read_annotations(path: Path, *, lift: Mapping[str, str] | None = None) -> Annotations:
    """Read a folder of official files, or one file of rows as in `spans_norm.tsv`.

    `spans_norm.tsv` is preferred to `spans.tsv`. A tweet that `class.tsv` does not have, or every tweet
    where there is no such file, reports an adverse effect if it has a span.

    Args:
        path: the folder or the file.
        lift: LLT code to PT code; a code that it does not have is taken for a PT.

    Raises:
        CorpusError: there is nothing to read, or a row is malformed; file and line are named.
    """
    if path.is_file():
        marks, duplicates = _read_spans(path, lift or {})
        return Annotations({tweet: Judgement(True, own) for tweet, own in marks.items()}, {}, duplicates)
    if not is_official(path):
        raise CorpusError(
            f"{path} has none of {TWEETS_FILE}, {CLASS_FILE}, {SPANS_FILE} and {CODED_SPANS_FILE}: "
            "name a folder in the official layout"
        )
    texts = _read_texts(path / TWEETS_FILE) if (path / TWEETS_FILE).is_file() else {}
    labels = _read_classes(path / CLASS_FILE) if (path / CLASS_FILE).is_file() else {}
    marks, duplicates = {}, 0
    for name in (CODED_SPANS_FILE, SPANS_FILE):
        if (path / name).is_file():
            marks, duplicates = _read_spans(path / name, lift or {})
            break
    named = dict.fromkeys([*labels, *marks])
    known = texts or named
    judgements = {
        tweet: Judgement(labels.get(tweet, tweet in marks), marks.get(tweet, ())) for tweet in known
    }
    return Annotations(judgements, texts, duplicates, sum(tweet not in known for tweet in named))


def _read_texts(path: Path) -> dict[str, str]:
    texts = {}
    for row in read_rows(path, fields=2, rest=True):
        if len(row.fields) != 2:
            raise CorpusError(f"{path}, line {row.line}: there is no tab between tweet_id and text; add it")
        texts[row.fields[0]] = row.fields[1]
    return texts


def _read_classes(path: Path) -> dict[str, bool]:
    labels: dict[str, bool] = {}
    for row in read_rows(path, fields=2):
        label = _LABELS.get(row.fields[1].strip()) if len(row.fields) > 1 else None
        if label is None:
            told = row.fields[1] if len(row.fields) > 1 else ""
            raise CorpusError(f"{path}, line {row.line}: the class is {told!r}; write ADE or NoADE")
        if labels.setdefault(row.fields[0], label) != label:
            raise CorpusError(
                f"{path}, line {row.line}: tweet {row.fields[0]} had the other class before; keep one row"
            )
    return labels


def _read_spans(path: Path, lift: Mapping[str, str]) -> tuple[dict[str, tuple[Mark, ...]], int]:
    rows: dict[tuple[str, ...], Mark] = {}
    duplicates = 0
    for row in read_rows(path, fields=6):
        if len(row.fields) > 1 and row.fields[1].strip() != "ADE":
            continue  # rows of tweets without an adverse effect, as some releases have them
        cells = tuple(cell.strip() for cell in row.fields)
        if cells in rows:
            duplicates += 1
            continue
        rows[cells] = _mark(cells, lift, f"{path}, line {row.line}")
    marks: dict[str, list[Mark]] = {}
    for cells, mark in rows.items():
        marks.setdefault(cells[0], []).append(mark)
    return {tweet: tuple(own) for tweet, own in marks.items()}, duplicates


def _mark(cells: tuple[str, ...], lift: Mapping[str, str], place: str) -> Mark:
    if len(cells) < 5:
        raise CorpusError(
            f"{place}: {len(cells)} fields; write tweet_id, ADE, start, end and span, with tabs between them"
        )
    try:
        start, end = int(cells[2]), int(cells[3])
    except ValueError:
        raise CorpusError(f"{place}: start and end are {cells[2]!r} and {cells[3]!r}, not numbers") from None
    if not 0 <= start <= end:
        raise CorpusError(f"{place}: the span {start}-{end} ends before it starts, or starts below 0")
    code = cells[5] if len(cells) > 5 else ""
    return Mark(start, end, None if code in _NO_CODE else lift.get(code, code))
