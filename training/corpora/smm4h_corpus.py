"""Tweets whose texts, labels and spans come from several files, put together by tweet.

Reader of the official files of the SMM4H shared tasks, 2019 to 2022.

2021 and 2022: `tweets.tsv` (tweet_id, text), `class.tsv` (tweet_id, ADE or NoADE), `spans.tsv` (tweet_id,
type, start, end, span), `spans_norm.tsv` (the same and a MedDRA code), with or without a header, in a folder
for each split. 2019 and 2020: a file for each task and split with a header: the Classifier's (tweet_id,
user_id, class, tweet), the Extractor's and Normalizer's (tweet_id, begin, end, type, extraction, drug, tweet,
meddra_code, meddra_term), where tweets without an adverse effect leave the span's columns empty. Columns are
known by the header, where there is one, else by the file's name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.corpora.reading_log import ReadingLog
from training.corpora.smm4h_tables import Table, TableRow, open_table
from training.corpora.splits import SPLITS, split_named
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

_LABELS = {"ade": 1, "adr": 1, "ae": 1, "1": 1, "noade": 0, "noadr": 0, "noae": 0, "0": 0}
_TYPES = {"ade", "adr", "ae", ""}
_NOTHING = {"", "-", "nan", "none", "null", "-1"}
_CODE = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Annotation:
    start: int
    end: int
    told: str | None
    code: str | None
    path: Path
    line: int


class AnnotatedTweets:
    """The tweets of one split.

    Attributes:
        is_labelled: whether any file told which tweets have adverse effects.
    """

    def __init__(self) -> None:
        self.is_labelled = False
        self._judged: set[str] = set()
        self._misplaced: set[str] = set()
        self._texts: dict[str, tuple[str, Path, int]] = {}
        self._labels: dict[str, tuple[int, Path, int]] = {}
        self._spans: defaultdict[str, list[_Annotation]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._texts)

    def add_text(self, tweet_id: str, text: str, path: Path, line: int, log: ReadingLog) -> None:
        """Take a tweet's text, which several files may tell."""
        known = self._texts.get(tweet_id)
        if not tweet_id or not text.strip():
            log.drop("empty tweet", path, line, f"tweet {tweet_id!r} has the text {text!r}")
        elif known is None:
            self._texts[tweet_id] = (text, path, line)
        elif known[0] != text:
            where = f"{known[1]}, line {known[2]}"
            log.drop("two texts for one tweet", path, line, f"tweet {tweet_id} reads otherwise in {where}")

    def add_label(self, tweet_id: str, label: str, path: Path, line: int, log: ReadingLog) -> None:
        """Take a tweet's label."""
        self.is_labelled = True
        value = _LABELS.get(label.strip().lower())
        if value is None:
            log.drop("unknown class", path, line, f"{label!r} is not ADE, NoADE, 1 or 0")
            return
        known = self._labels.setdefault(tweet_id, (value, path, line))
        if known[0] != value:
            where = f"{known[1]}, line {known[2]}"
            log.drop("two classes for one tweet", path, line, f"tweet {tweet_id} has another in {where}")

    def add_span(
        self, tweet_id: str, row: TableRow, path: Path, log: ReadingLog, *, may_be_empty: bool
    ) -> None:
        """Take a tweet's span; without offsets, where that may be, it says that the tweet has none."""
        self.is_labelled = True
        if may_be_empty:
            self._judged.add(tweet_id)
        start, end = (row.values.get(name, "").strip() for name in ("start", "end"))
        if may_be_empty and start.lower() in _NOTHING:
            return
        if row.values.get("type", "").strip().lower() not in _TYPES:
            log.note("span of another type", path, row.line, f"{row.values['type']!r} is no adverse effect")
            return
        if not (start.isdecimal() and end.isdecimal()):
            log.drop("malformed offsets", path, row.line, f"{start!r} to {end!r} are no numbers")
            self._misplaced.add(tweet_id)
            return
        code = _code(row.values.get("code", ""), path, row.line, log)
        told = row.values.get("span")
        self._spans[tweet_id].append(_Annotation(int(start), int(end), told, code, path, row.line))

    def examples(self, log: ReadingLog) -> list[Example]:
        """Put the tweets together, in the order of their texts; each span is held against its text."""
        for tweet_id in self._labels.keys() - self._texts.keys():
            _, path, line = self._labels[tweet_id]
            log.drop("no such tweet", path, line, f"there is a class, but no text, for tweet {tweet_id}")
        for tweet_id in self._spans.keys() - self._texts.keys():
            for at in self._spans[tweet_id]:
                log.drop("no such tweet", at.path, at.line, f"there is a span, but no text, for {tweet_id}")
        found = (self._example(tweet_id, log) for tweet_id in self._texts)
        return [example for example in found if example is not None]

    def _example(self, tweet_id: str, log: ReadingLog) -> Example | None:
        text, path, line = self._texts[tweet_id]
        annotations = self._spans.get(tweet_id, [])
        spans = _spans(text, annotations, log)
        label = self._labels[tweet_id][0] if tweet_id in self._labels else None
        if label is None:
            if self._labels and tweet_id not in self._judged:
                log.drop("no class", path, line, f"tweet {tweet_id} has none that can be read")
                return None
            # A span at fault still tells that the tweet reports an adverse effect.
            label = int(bool(annotations) or tweet_id in self._misplaced)
        elif label == 0 and spans:
            first = annotations[0]
            detail = f"tweet {tweet_id} is NoADE, yet has a span: taken as ADE"
            log.drop("class against spans", first.path, first.line, detail)
            label = 1
        return Example(tweet_id, text, label, spans)


def _spans(text: str, annotations: list[_Annotation], log: ReadingLog) -> tuple[AnnotatedSpan, ...]:
    """Check and order spans; one that is told with and without a code counts once, with it."""
    coded = {(at.start, at.end) for at in annotations if at.code is not None}
    spans: dict[AnnotatedSpan, None] = {}
    for at in annotations:
        found = text[at.start : at.end]
        # The span's column can differ from the tweet in case and in white space.
        if not found.strip() or (at.told is not None and _plain(found) != _plain(at.told)):
            detail = f"{at.told!r} is not at {at.start}-{at.end}, where the tweet says {found!r}"
            log.drop("offset mismatch", at.path, at.line, detail)
        elif at.code is not None or (at.start, at.end) not in coded:
            spans[AnnotatedSpan(at.start, at.end, at.code)] = None
    log.read("spans", len(spans))
    return tuple(sorted(spans, key=lambda span: (span.start, span.end)))


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _code(value: str, path: Path, line: int, log: ReadingLog) -> str | None:
    value = value.strip().removesuffix(".0")
    if value.lower() in _NOTHING or value.lower().replace("_", "").startswith("conceptless"):
        return None
    codes: list[str] = _CODE.findall(value)
    if not codes:
        log.drop("malformed code", path, line, f"{value!r} is no MedDRA code; the span stays without")
        return None
    if len(codes) > 1:
        log.note("several codes for one span, the first kept", path, line, value)
    return codes[0]


_SPAN = ("tweet_id", "type", "start", "end", "span")
# Told by what a file's name holds, tried in this order.
_UNNAMED = {
    "norm": (*_SPAN, "code"),
    "span": _SPAN,
    "class": ("tweet_id", "label"),
    "label": ("tweet_id", "label"),
    "tweet": ("tweet_id", "text"),
}


def read_smm4h(source: Path, log: ReadingLog) -> dict[str, list[Example]]:
    """Read a file, a folder of one split, or a folder with the splits in folders or files of their own.

    A split is known by the name of a file or folder that begins with train, dev, valid or test. A split
    without labels, such as a test set before the evaluation, is told and left out.

    Raises:
        CorpusError: there are no such files; or the log is strict, and a row is at fault.
    """
    tweets: dict[str, AnnotatedTweets] = {}
    for path, split in _files(source):
        table = open_table(path, _columns_by_name(path), log)
        if table is not None:
            log.read("files")
            _take(table, tweets.setdefault(split, AnnotatedTweets()), log)
    splits = {}
    for split in sorted(tweets, key=SPLITS.index):
        if not tweets[split].is_labelled:
            if tweets[split]:
                detail = f"{len(tweets[split])} tweets of {split}: their class.tsv or spans.tsv is not there"
                log.note("tweets without labels", source, None, detail)
            continue
        splits[split] = tweets[split].examples(log)
    return splits


def _files(source: Path) -> Iterator[tuple[Path, str]]:
    if source.is_file():
        yield source, split_named(source.stem) or "all"
        return
    paths = sorted(path for path in source.rglob("*.tsv") if not path.name.startswith("."))
    if not paths:
        raise CorpusError(
            f"{source} has no .tsv files: give the folder with the official files, such as train/tweets.tsv"
        )
    for path in paths:
        parts = path.relative_to(source).with_suffix("").parts
        named = (split_named(part) for part in reversed(parts))
        yield path, next((split for split in named if split), "all")


def _columns_by_name(path: Path) -> tuple[str, ...] | None:
    name = path.stem.lower()
    return next((columns for mark, columns in _UNNAMED.items() if mark in name), None)


def _take(table: Table, tweets: AnnotatedTweets, log: ReadingLog) -> None:
    columns = set(table.columns)
    if not columns & {"text", "label", "start"}:
        log.drop(
            "unknown columns", table.path, 1, f"no tweet, class or span among {', '.join(table.columns)}"
        )
        return
    for row in table.rows(log):
        tweet_id = row.values["tweet_id"].strip()
        if "text" in columns:
            tweets.add_text(tweet_id, row.values["text"], table.path, row.line, log)
        if "label" in columns:
            tweets.add_label(tweet_id, row.values["label"], table.path, row.line, log)
        if "start" in columns:
            tweets.add_span(tweet_id, row, table.path, log, may_be_empty="text" in columns)
