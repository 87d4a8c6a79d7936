"""Reader of corpora in JSON Lines, one text per line.

`{"id", "text", "label": 0|1, "document", "context", "spans": [{"start", "end", "text", "ptid", "llt",
"pt_name"}]}`; only `text`, `label` and the offsets of spans are required. A label may also be true, false or
a word such as "ADE" or "noADE". Records that a language model labelled are refused, unless options allow
them. Other fields are ignored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.corpora.corpus_options import DEFAULT_OPTIONS, CorpusOptions
from training.corpora.effect_labels import parse_class
from training.corpora.model_labels import refuse_model_labels
from training.corpora.offsets import UNIT_NAMES, OffsetTable, detect_unit, note_unit
from training.corpora.reading_log import ReadingLog
from training.corpora.span_records import MisplacedSpanError, RawSpan, RawText, to_example
from training.corpora.splits import split_from_name
from training.errors import CorpusError
from training.examples import Example


def read_jsonl(
    source: Path, log: ReadingLog, options: CorpusOptions = DEFAULT_OPTIONS
) -> dict[str, list[Example]]:
    """Read a file, or a folder whose files are named after their splits, such as `train.jsonl`.

    Raises:
        CorpusError: there is nothing to read; or the log is strict, and a line is not such a record.
    """
    paths = sorted(source.glob("*.jsonl")) if source.is_dir() else [source]
    if not paths:
        raise CorpusError(f"{source} has no .jsonl files: name the corpus file itself, or its folder")
    splits: dict[str, list[Example]] = {}
    for path in paths:
        split = split_from_name(path.stem)
        if split is None and len(paths) > 1:
            raise CorpusError(
                f"{path} names no split: call the files of a folder train.jsonl, valid.jsonl and test.jsonl, "
                "or name one file"
            )
        splits.setdefault(split or "all", []).extend(read_records(path, log, options))
    return splits


def read_records(
    path: Path, log: ReadingLog | None = None, options: CorpusOptions = DEFAULT_OPTIONS
) -> list[Example]:
    """Read a file of one JSON record per line; empty lines are skipped.

    Each span is checked: `text[start:end]` must be the text of the span, if the record has it.

    Args:
        path: the file.
        log: records the lines that are malformed; without a log, the first of them is an error.
        options: what offsets count, and whether a model's labels are read.

    Raises:
        CorpusError: the file is missing or not UTF-8, or a line is at fault; the message names file and line.
            With or without a log, also if a language model labelled a text.
            Without a log, also if the offsets do not count code points.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read ({error.strerror}): name a .jsonl file, or a folder that `ade-train "
            "prepare` wrote"
        ) from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    texts: list[RawText] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            refuse_model_labels(record, options, path, number)
            texts.append(_parse_text(record, number))
        except (ValueError, RecursionError) as error:
            _report(error, path, number, log)
    unit = options.offsets or detect_unit(
        (text.text, [(span.start, span.end, span.words) for span in text.spans]) for text in texts
    )
    if options.offsets is None and unit != "codepoints":
        if log is None:
            raise CorpusError(
                f"{path}: the offsets of its spans fit as {UNIT_NAMES[unit]}, not as code points: convert "
                f"them with `ade-train prepare {path} --offsets {unit} --out DIR`, and name DIR here"
            )
        note_unit(unit, path, log)
    examples = []
    for text in texts:
        try:
            examples.append(to_example(text, OffsetTable(text.text, unit), options))
        except ValueError as error:
            _report(error, path, text.line or 0, log)
    return examples


def _report(error: Exception, path: Path, number: int, log: ReadingLog | None) -> None:
    if log is None:
        raise CorpusError(f"{path}, line {number}: {error}") from None
    reason = "offset mismatch" if isinstance(error, MisplacedSpanError) else "malformed record"
    log.drop(reason, path, number, str(error))


def _parse_text(record: Any, number: int) -> RawText:
    if not isinstance(record, dict):
        raise ValueError(f"the line is a JSON {type(record).__name__}, not an object")
    text, spans = record.get("text"), record.get("spans") or []
    if not isinstance(text, str):
        raise ValueError(f"text is {text!r}, not a string")
    if not isinstance(spans, list):
        raise ValueError(f"spans is {spans!r}, not a list")
    if record.get("label") is None:
        raise ValueError("label is missing")
    label = parse_class(record["label"])
    if label is None:
        raise ValueError(f"label is {record['label']!r}: write 1 or 0, true or false, ADE or NoADE")
    return RawText(
        id=str(record.get("id", number)),
        text=text,
        spans=tuple(_parse_span(entry) for entry in spans),
        label=label,
        document=str(record.get("document") or ""),
        context=str(record.get("context") or ""),
        line=number,
    )


def _parse_span(entry: Any) -> RawSpan:
    if not isinstance(entry, dict):
        raise ValueError(f"a span is {entry!r}, not an object")
    start, end = entry.get("start"), entry.get("end")
    if type(start) is not int or type(end) is not int:
        raise ValueError(f"a span has start {start!r} and end {end!r}, which are not both whole numbers")
    words = entry.get("text")
    ptid, pt_name, llt = (_get_optional(entry, name) for name in ("ptid", "pt_name", "llt"))
    return RawSpan(start, end, None, words if isinstance(words, str) else None, ptid, pt_name, llt)


def _get_optional(entry: dict[str, Any], name: str) -> str | None:
    value = entry.get(name)
    return None if value is None or value == "" else str(value)
