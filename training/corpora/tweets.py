"""Tweets whose texts, labels and spans come from several files, put together by tweet."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from training.corpora.reading import ReadingLog
from training.corpora.tsv import TableRow
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
