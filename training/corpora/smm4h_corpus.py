"""Reader of the official files of the SMM4H shared tasks, 2019 to 2022.

2021 and 2022: a folder for each split, with files that may have a header: `tweets.tsv` (tweet_id, text),
`class.tsv` (tweet_id, ADE or NoADE), `spans.tsv` (tweet_id, type, start, end, span) and `spans_norm.tsv` (the
same and a MedDRA code).

2019 and 2020: a file with a header for each task and split. The Classifier's has tweet_id, user_id, class and
tweet. Those of Extractor and Normalizer have tweet_id, begin, end, type, extraction, drug, tweet, meddra_code
and meddra_term; tweets without an adverse effect leave the columns of the span empty.

Columns are determined by the header, or else by the name of the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions, OffsetUnit
from training.corpora.effect_labels import parse_class
from training.corpora.mentions import collapse_whitespace
from training.corpora.offsets import OffsetTable, detect_unit, note_unit
from training.corpora.reading_log import ReadingLog
from training.corpora.smm4h_tables import NOTHING, TableRow, TweetTable, open_table, parse_code
from training.corpora.splits import SPLITS, split_from_name
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

_SPAN = ("tweet_id", "type", "start", "end", "span")
# Columns of files without a header, by a part of the file name; tried in this order.
_UNNAMED = {
    "norm": (*_SPAN, "code"),
    "span": _SPAN,
    "class": ("tweet_id", "label"),
    "label": ("tweet_id", "label"),
    "tweet": ("tweet_id", "text"),
}
_TYPES = {"ade", "adr", "ae", ""}


def read_smm4h_corpus(
    source: Path, log: ReadingLog, options: CorpusOptions = DEFAULT_OPTIONS
) -> dict[str, list[Example]]:
    """Read a file, a folder of one split, or a folder with a folder or files for each split.

    A split is recognized by the name of a file or folder that begins with train, dev, valid or test. A split
    without labels, such as a test set before the evaluation, is noted and left out.

    Raises:
        CorpusError: there are no such files; or the log is strict, and a row is at fault.
    """
    tweets: dict[str, AnnotatedTweets] = {}
    for path, split in _find_files(source):
        table = open_table(path, _columns_from_name(path), log)
        if table is not None:
            log.count("files")
            _add_table(table, tweets.setdefault(split, AnnotatedTweets()), log)
    splits = {}
    places = (place for of_split in tweets.values() for place in of_split.places())
    unit = options.offsets or detect_unit(places)
    if options.offsets is None:
        note_unit(unit, source, log)
    for split in sorted(tweets, key=SPLITS.index):
        if not tweets[split].is_labelled:
            if tweets[split]:
                detail = f"{len(tweets[split])} tweets of {split}: there is no class.tsv or spans.tsv of it"
                log.note("tweets without labels", source, None, detail)
            continue
        splits[split] = tweets[split].examples(log, unit)
    return splits


def _find_files(source: Path) -> Iterator[tuple[Path, str]]:
    if source.is_file():
        yield source, split_from_name(source.stem) or "all"
        return
    paths = sorted(path for path in source.rglob("*.tsv") if not path.name.startswith("."))
    if not paths:
        raise CorpusError(
            f"{source} has no .tsv files: name the folder with the official files, such as train/tweets.tsv"
        )
    for path in paths:
        parts = path.relative_to(source).with_suffix("").parts
        splits = (split_from_name(part) for part in reversed(parts))
        yield path, next((split for split in splits if split), "all")


def _columns_from_name(path: Path) -> tuple[str, ...] | None:
    name = path.stem.lower()
    return next((columns for mark, columns in _UNNAMED.items() if mark in name), None)


def _add_table(table: TweetTable, tweets: AnnotatedTweets, log: ReadingLog) -> None:
    columns = set(table.columns)
    if not columns & {"text", "label", "start"}:
        detail = f"no tweet, class or span among {', '.join(table.columns)}"
        log.drop("unknown columns", table.path, 1, detail)
        return
    for row in table.rows(log):
        tweet_id = row.values["tweet_id"].strip()
        if "text" in columns:
            tweets.add_text(tweet_id, row.values["text"], table.path, row.line, log)
        if "label" in columns:
            tweets.add_label(tweet_id, row.values["label"], table.path, row.line, log)
        if "start" in columns:
            tweets.add_span(tweet_id, row, table.path, log, may_be_empty="text" in columns)


@dataclass(frozen=True, slots=True)
class _Annotation:
    start: int
    end: int
    words: str | None
    code: str | None
    path: Path
    line: int


class AnnotatedTweets:
    """The tweets of one split, whose texts, labels and spans come from several files.

    Attributes:
        is_labelled: whether any file has labels or spans.
    """

    def __init__(self) -> None:
        self.is_labelled = False
        self._annotated: set[str] = set()
        self._misplaced: set[str] = set()
        self._texts: dict[str, tuple[str, Path, int]] = {}
        self._labels: dict[str, tuple[int, Path, int]] = {}
        self._spans: defaultdict[str, list[_Annotation]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._texts)

    def add_text(self, tweet_id: str, text: str, path: Path, line: int, log: ReadingLog) -> None:
        """Add the text of a tweet, which several files may contain."""
        known = self._texts.get(tweet_id)
        if not tweet_id or not text.strip():
            log.drop("empty tweet", path, line, f"tweet {tweet_id!r} has the text {text!r}")
        elif known is None:
            self._texts[tweet_id] = (text, path, line)
        elif known[0] != text:
            where = f"{known[1]}, line {known[2]}"
            log.drop("two texts for one tweet", path, line, f"tweet {tweet_id} is different in {where}")

    def add_label(self, tweet_id: str, label: str, path: Path, line: int, log: ReadingLog) -> None:
        """Add the label of a tweet."""
        self.is_labelled = True
        value = parse_class(label)
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
        """Add a span of a tweet; a row without offsets, if it may be empty, says that the tweet has none."""
        self.is_labelled = True
        if may_be_empty:
            self._annotated.add(tweet_id)
        start, end = (row.values.get(name, "").strip() for name in ("start", "end"))
        if may_be_empty and start.lower() in NOTHING:
            return
        if row.values.get("type", "").strip().lower() not in _TYPES:
            detail = f"{row.values['type']!r} is not an adverse effect"
            log.note("span of another type", path, row.line, detail)
            return
        if not (start.isdecimal() and end.isdecimal()):
            log.drop("malformed offsets", path, row.line, f"{start!r} to {end!r} are not numbers")
            self._misplaced.add(tweet_id)
            return
        code = parse_code(row.values.get("code", ""), path, row.line, log)
        words = row.values.get("span")
        self._spans[tweet_id].append(_Annotation(int(start), int(end), words, code, path, row.line))

    def places(self) -> Iterator[tuple[str, list[tuple[int, int, str | None]]]]:
        """Yield each text with the places of its spans, to detect what their offsets count."""
        for tweet_id, spans in self._spans.items():
            if tweet_id in self._texts:
                yield self._texts[tweet_id][0], [(at.start, at.end, at.words) for at in spans]

    def examples(self, log: ReadingLog, unit: OffsetUnit = "codepoints") -> list[Example]:
        """Return the tweets as examples, in the order of their texts; each span is checked by its text."""
        for tweet_id in self._labels.keys() - self._texts.keys():
            _, path, line = self._labels[tweet_id]
            log.drop("no such tweet", path, line, f"there is a class, but no text, for tweet {tweet_id}")
        for tweet_id in self._spans.keys() - self._texts.keys():
            for at in self._spans[tweet_id]:
                log.drop("no such tweet", at.path, at.line, f"there is a span, but no text, for {tweet_id}")
        examples = (self._example(tweet_id, log, unit) for tweet_id in self._texts)
        return [example for example in examples if example is not None]

    def _example(self, tweet_id: str, log: ReadingLog, unit: OffsetUnit) -> Example | None:
        text, path, line = self._texts[tweet_id]
        annotations = self._spans.get(tweet_id, [])
        spans = _check_spans(text, annotations, OffsetTable(text, unit), log)
        label = self._labels[tweet_id][0] if tweet_id in self._labels else None
        if label is None:
            if self._labels and tweet_id not in self._annotated:
                log.drop("no class", path, line, f"tweet {tweet_id} has none that can be read")
                return None
            # A tweet whose span is at fault still reports an adverse effect.
            label = int(bool(annotations) or tweet_id in self._misplaced)
        elif label == 0 and spans:
            first = annotations[0]
            detail = f"tweet {tweet_id} is NoADE, yet has a span: taken as ADE"
            log.drop("class against spans", first.path, first.line, detail)
            label = 1
        return Example(tweet_id, text, label, spans)


def _check_spans(
    text: str, annotations: list[_Annotation], table: OffsetTable, log: ReadingLog
) -> tuple[AnnotatedSpan, ...]:
    """Check and order spans; a span with and without a code counts once, with the code."""
    coded = {(at.start, at.end) for at in annotations if at.code is not None}
    spans: dict[AnnotatedSpan, None] = {}
    for at in annotations:
        start, end = table.index_or_outside(at.start), table.index_or_outside(at.end)
        covered = text[start:end]
        # The column of the span may differ from the tweet in case and white space.
        if not covered.strip() or (at.words is not None and _plain(covered) != _plain(at.words)):
            detail = f"{at.words!r} is not at {at.start}-{at.end}, where the tweet says {covered!r}"
            log.drop("offset mismatch", at.path, at.line, detail)
        elif at.code is not None or (at.start, at.end) not in coded:
            spans[AnnotatedSpan(start, end, at.code)] = None
    log.count("spans", len(spans))
    return tuple(sorted(spans, key=lambda span: (span.start, span.end)))


def _plain(text: str) -> str:
    return collapse_whitespace(text.lower())
