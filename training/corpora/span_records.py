"""Texts with spans as annotation tools export them, and the examples that they become."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from training.corpora.corpus_options import CorpusOptions
from training.corpora.effect_labels import is_effect, require_effects
from training.corpora.offsets import OffsetTable, detect_unit, note_unit
from training.corpora.reading_log import ReadingLog
from training.corpora.splits import split_from_name
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

_STARTS: Final = ("start", "start_offset", "start_char", "begin")
_ENDS: Final = ("end", "end_offset", "end_char", "stop")


@dataclass(frozen=True, slots=True)
class RawSpan:
    """A span as the corpus has it.

    Attributes:
        start: first character, in the unit of the corpus.
        end: one past the last, in the same unit.
        label: its label; None if all spans of the corpus are adverse effects.
        words: the words there, if the corpus states them.
        ptid: code of a PT or an LLT, if the corpus has one.
        pt_name: name of the PT.
        llt: code that is known to be an LLT.
    """

    start: int
    end: int
    label: str | None = None
    words: str | None = None
    ptid: str | None = None
    pt_name: str | None = None
    llt: str | None = None


@dataclass(frozen=True, slots=True)
class RawText:
    """A text as the corpus has it.

    Attributes:
        id: its id, or its number.
        text: the text.
        spans: all spans, of any label.
        label: 0 or 1; None if the spans decide.
        document: what it was taken from.
        context: what was read before it.
        line: of the file; None if it has none.
    """

    id: str
    text: str
    spans: tuple[RawSpan, ...] = ()
    label: int | None = None
    document: str = ""
    context: str = ""
    line: int | None = None


class MisplacedSpanError(ValueError):
    """The words of a span are not at its offsets."""


def read_json_files(
    paths: Sequence[Path],
    parse: Callable[[Any, str, Path, int, ReadingLog], RawText | None],
    options: CorpusOptions,
    log: ReadingLog,
) -> dict[str, list[Example]]:
    """Read files of JSON records with spans, one split per file name.

    Args:
        paths: files with one record per line, or with one list of records.
        parse: turns a record into a text, given its number as an id, the file, the line and the log; None
            leaves it out. A ValueError drops the record.
        options: how to read offsets and labels.
        log: records what was dropped and changed.

    Raises:
        CorpusError: a file cannot be read, no span is an adverse effect, or the log is strict and a record is
            at fault.
    """
    splits: dict[str, list[Example]] = {}
    labels: Counter[str] = Counter()
    for path in paths:
        texts = []
        for line, record in json_records(path, log):
            try:
                text = parse(record, str(line), path, line, log)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                log.drop("malformed record", path, line, str(error) or type(error).__name__)
                continue
            if text is not None:
                texts.append(text)
        labels.update(span.label for text in texts for span in text.spans if span.label is not None)
        examples = examples_of(texts, path, options, log)
        splits.setdefault(split_from_name(path.stem) or "all", []).extend(examples)
    require_effects(paths[0].parent, [name for name, _ in labels.most_common()], options.effect_labels)
    for name, count in labels.items():
        if not is_effect(name, options.effect_labels):
            log.count(f"spans labelled {name}, left out", count)
    return splits


def json_records(path: Path, log: ReadingLog) -> Iterator[tuple[int, Any]]:
    """Yield the records of a file of JSON Lines, or of one list, with their lines or numbers, from 1.

    Raises:
        CorpusError: the file cannot be read, or the log is strict and a line is not JSON.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): check the path") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    if content.lstrip().startswith("["):
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            document = None  # lines of lists
        if isinstance(document, list) and not (document and isinstance(document[0], str)):
            yield from enumerate(document, 1)
            return
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            log.drop("malformed record", path, number, f"not JSON ({error})")


def examples_of(
    texts: Sequence[RawText], path: Path, options: CorpusOptions, log: ReadingLog
) -> list[Example]:
    """Return the examples of a file's texts: offsets in code points, and only the spans of adverse effects.

    Raises:
        CorpusError: the log is strict, and a text is at fault.
    """
    unit = options.offsets or detect_unit(
        (text.text, [(span.start, span.end, span.words) for span in text.spans]) for text in texts
    )
    if options.offsets is None:
        note_unit(unit, path, log)
    examples = []
    for text in texts:
        try:
            example = to_example(text, OffsetTable(text.text, unit), options)
        except ValueError as error:
            reason = "offset mismatch" if isinstance(error, MisplacedSpanError) else "malformed record"
            log.drop(reason, path, text.line, str(error))
            continue
        spans = tuple(sorted(dict.fromkeys(example.spans), key=lambda span: (span.start, span.end)))
        log.count("spans", len(spans))
        examples.append(replace(example, spans=spans))
    return examples


def to_example(text: RawText, table: OffsetTable, options: CorpusOptions) -> Example:
    """Return a text as an example.

    Raises:
        MisplacedSpanError: the words of a span are not at its offsets.
        ValueError: a span lies outside the text, or the label contradicts the spans.
    """
    if not text.text.strip():
        raise ValueError("text is empty")
    text.text.encode()  # fails at a lone surrogate, which JSON can name, but UTF-8 cannot hold
    spans = []
    for span in text.spans:
        if span.label is not None and not is_effect(span.label, options.effect_labels):
            continue
        start, end = table.index_or_outside(span.start), table.index_or_outside(span.end)
        words = text.text[start:end]
        if span.words is not None and words.split() != span.words.split():
            raise MisplacedSpanError(
                f"the span {span.words!r} is not at {span.start}-{span.end}, where the text says {words!r}"
            )
        spans.append(AnnotatedSpan(start, end, span.ptid, span.pt_name, span.llt))
    label = int(bool(spans)) if text.label is None else text.label
    return Example(text.id, text.text, label, tuple(spans), text.document, text.context)


def parse_spans(value: Any) -> tuple[RawSpan, ...]:
    """Return the spans of a record: lists such as `[0, 4, "ADR"]`, or objects with start, end and label.

    Raises:
        ValueError: the value is not a list of spans.
    """
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise ValueError(f"spans are {value!r}, not a list")
    return tuple(_parse_span(entry) for entry in value)


def first_string(record: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the first of some fields that is a string or a number, as a string; empty if none is."""
    values = (record.get(name) for name in names)
    return next((str(value) for value in values if isinstance(value, str | int) and str(value)), "")


def _parse_span(entry: Any) -> RawSpan:
    if isinstance(entry, list | tuple) and len(entry) >= 3:
        start, end, label = entry[:3]
        words, code, name = None, None, None
    elif isinstance(entry, dict):
        start, end = (next((entry[key] for key in keys if key in entry), None) for keys in (_STARTS, _ENDS))
        label = next((entry[key] for key in ("label", "type", "entity", "label_") if entry.get(key)), None)
        words = entry.get("text") if isinstance(entry.get("text"), str) else None
        code = first_string(entry, ("ptid", "code", "kb_id", "kb_id_"))
        code, name = (code if code.isdecimal() else None), first_string(entry, ("pt_name",)) or None
    else:
        raise ValueError(f"a span is {entry!r}, neither [start, end, label] nor an object")
    if type(start) is not int or type(end) is not int:
        raise ValueError(f"a span has start {start!r} and end {end!r}, which are not whole numbers")
    return RawSpan(start, end, None if label is None else str(label), words, code, name)
