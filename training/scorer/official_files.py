"""Reading the official files: one row per line, fields separated by tabs, no quoting.

tweets.tsv       tweet_id, text
class.tsv        tweet_id, ADE or NoADE, in any case: the files of 2022 write noADE
spans.tsv        tweet_id, ADE, start, end, span
spans_norm.tsv   tweet_id, ADE, start, end, span, MedDRA code

Prediction files have the same layout. A quotation mark is a character like any other, because offsets count
the characters of the text as written in its line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from training.errors import CorpusError

TWEETS_FILE: Final = "tweets.tsv"
CLASS_FILE: Final = "class.tsv"
SPANS_FILE: Final = "spans.tsv"
CODED_SPANS_FILE: Final = "spans_norm.tsv"

_HEADERS: Final = ("tweet_id", "tweetid", "id")
_CLASSES: Final = {"ade": True, "1": True, "noade": False, "0": False}
_NO_CODE: Final = ("", "-")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an official file.

    Attributes:
        line: its number, counted from 1.
        fields: the texts between its tabs.
    """

    line: int
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OfficialSpan:
    """A span of a tweet, annotated or predicted.

    Attributes:
        start: offset of its first character, as in the file.
        end: offset of its end, as in the file.
        code: of its Preferred Term, or None if it has none.
    """

    start: int
    end: int
    code: str | None = None


@dataclass(frozen=True, slots=True)
class TweetAnnotation:
    """What was annotated or predicted for one tweet.

    Attributes:
        adverse: whether it reports an adverse effect (subtask 1a).
        spans: its spans (1b) with their codes (1c), in any order.
    """

    adverse: bool = False
    spans: tuple[OfficialSpan, ...] = ()


@dataclass(frozen=True)
class Annotations:
    """The content of a folder of official files.

    Attributes:
        by_tweet: the annotation of each tweet, by its id.
        texts: by tweet id; empty without a `tweets.tsv`.
        duplicates: how many rows of spans were dropped because they repeat another row exactly (rule 4).
        unknown: how many tweets were dropped because `tweets.tsv` does not have them.
    """

    by_tweet: Mapping[str, TweetAnnotation]
    texts: Mapping[str, str] = field(default_factory=dict)
    duplicates: int = 0
    unknown: int = 0


def is_official(path: Path) -> bool:
    """Return True if a folder has a file of the official layout."""
    return any((path / name).is_file() for name in (TWEETS_FILE, CLASS_FILE, SPANS_FILE, CODED_SPANS_FILE))


def read_rows(path: Path, *, fields: int, rest: bool = False) -> Iterator[Row]:
    """Yield the rows of a file, without empty lines and header rows (their first field is `tweet_id`).

    Lines end with a line feed; a carriage return before it is dropped. A row with fewer or more fields is
    yielded as it is: the caller decides what to do with it.

    Args:
        path: a TSV file in UTF-8. A byte order mark is skipped, and an invalid byte becomes U+FFFD.
        fields: how many fields a row should have.
        rest: whether the last field is the rest of the line, tabs included.

    Raises:
        CorpusError: the file does not exist.
    """
    if not path.is_file():
        raise CorpusError(f"{path} does not exist: name an official file, with tabs between its fields")
    splits = fields - 1 if rest else -1
    # Only line feeds end a line: a tweet may contain other characters that Python takes for line ends.
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            content = line.removesuffix("\n").removesuffix("\r")
            if not content:
                continue
            cells = tuple(content.split("\t", splits))
            name = cells[0].strip().lower()
            if name not in _HEADERS and not name.startswith("tweet_id"):
                yield Row(number, cells)


def read_id_and_text(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the tweet id and the text of each row of a file such as `tweets.tsv`.

    Raises:
        CorpusError: the file does not exist, or a row has no tab; file and line are named.
    """
    for row in read_rows(path, fields=2, rest=True):
        if len(row.fields) != 2:
            raise CorpusError(
                f"{path}, line {row.line}: no tab between tweet_id and text; separate them with one"
            )
        yield row.fields[0], row.fields[1]


def read_annotations(path: Path, *, lift: Mapping[str, str] | None = None) -> Annotations:
    """Read a folder of official files, or one file of rows as in `spans_norm.tsv`.

    `spans_norm.tsv` is preferred to `spans.tsv`. A tweet that `class.tsv` lacks (or any tweet, without that
    file) reports an adverse effect if it has a span.

    Args:
        path: the folder or the file.
        lift: LLT code to PT code (rule 3). A code that it does not have is taken for a PT.

    Raises:
        CorpusError: there is nothing to read, or a row is malformed; file and line are named.
    """
    if path.is_file():
        spans, duplicates = _read_spans(path, lift or {})
        by_tweet = {tweet: TweetAnnotation(True, tweet_spans) for tweet, tweet_spans in spans.items()}
        return Annotations(by_tweet, {}, duplicates)
    if not is_official(path):
        raise CorpusError(
            f"{path} has none of {TWEETS_FILE}, {CLASS_FILE}, {SPANS_FILE} and {CODED_SPANS_FILE}: "
            "name a folder in the official layout"
        )
    texts = dict(read_id_and_text(path / TWEETS_FILE)) if (path / TWEETS_FILE).is_file() else {}
    classes = _read_classes(path / CLASS_FILE) if (path / CLASS_FILE).is_file() else {}
    spans, duplicates = {}, 0
    for name in (CODED_SPANS_FILE, SPANS_FILE):
        if (path / name).is_file():
            spans, duplicates = _read_spans(path / name, lift or {})
            break
    annotated = dict.fromkeys([*classes, *spans])
    known = texts or annotated
    by_tweet = {
        tweet: TweetAnnotation(classes.get(tweet, tweet in spans), spans.get(tweet, ())) for tweet in known
    }
    return Annotations(by_tweet, texts, duplicates, sum(tweet not in known for tweet in annotated))


def _read_classes(path: Path) -> dict[str, bool]:
    classes: dict[str, bool] = {}
    for row in read_rows(path, fields=2):
        name = row.fields[1] if len(row.fields) > 1 else ""
        adverse = _CLASSES.get(name.strip().lower())
        if adverse is None:
            raise CorpusError(f"{path}, line {row.line}: the class is {name!r}; write ADE or NoADE")
        if classes.setdefault(row.fields[0], adverse) != adverse:
            raise CorpusError(
                f"{path}, line {row.line}: tweet {row.fields[0]} had the other class before; keep one row"
            )
    return classes


def _read_spans(path: Path, lift: Mapping[str, str]) -> tuple[dict[str, tuple[OfficialSpan, ...]], int]:
    """Return the spans of each tweet, and how many rows repeat another one (rule 4)."""
    rows: dict[tuple[str, ...], OfficialSpan] = {}
    duplicates = 0
    for row in read_rows(path, fields=6):
        if len(row.fields) > 1 and row.fields[1].strip().upper() != "ADE":
            continue  # some releases also have rows for tweets without an adverse effect
        cells = tuple(cell.strip() for cell in row.fields)
        if cells in rows:
            duplicates += 1
            continue
        rows[cells] = _parse_span(cells, lift, f"{path}, line {row.line}")
    spans: dict[str, list[OfficialSpan]] = {}
    for cells, span in rows.items():
        spans.setdefault(cells[0], []).append(span)
    return {tweet: tuple(tweet_spans) for tweet, tweet_spans in spans.items()}, duplicates


def _parse_span(cells: tuple[str, ...], lift: Mapping[str, str], place: str) -> OfficialSpan:
    if len(cells) < 5:
        raise CorpusError(
            f"{place}: {len(cells)} fields; write tweet_id, ADE, start, end and span, with tabs between them"
        )
    try:
        start, end = int(cells[2]), int(cells[3])
    except ValueError:
        raise CorpusError(
            f"{place}: start and end are {cells[2]!r} and {cells[3]!r}; write whole numbers"
        ) from None
    if not 0 <= start <= end:
        raise CorpusError(
            f"{place}: the span {start}-{end} ends before it starts, or starts below 0; correct its offsets"
        )
    code = cells[5] if len(cells) > 5 else ""
    return OfficialSpan(start, end, None if code in _NO_CODE else lift.get(code, code))
