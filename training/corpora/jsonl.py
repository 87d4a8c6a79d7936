"""Reader of corpora in JSON Lines: `{"id", "text", "label", "spans": [{"start", "end", "text", "ptid"}]}`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.errors import CorpusError
from training.examples import Example, Span


def read_jsonl(path: Path) -> list[Example]:
    """Read a corpus of one JSON record a line; empty lines are skipped.

    Each span is checked: `text[start:end]` must be the span's own text, where the record gives it.

    Raises:
        CorpusError: the file is missing, or a line is not such a record; file and line are named.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}): check the corpora folder") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    return [_example(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]


def _example(line: str, path: Path, number: int) -> Example:
    try:
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ValueError(f"the line is a JSON {type(record).__name__}, not an object")
        text = _field(record, "text", str)
        spans = tuple(_span(entry, text) for entry in record.get("spans") or ())
        return Example(str(record.get("id", number)), text, _field(record, "label", int), spans)
    except ValueError as error:
        raise CorpusError(f"{path}, line {number}: {error}") from None


def _span(entry: Any, text: str) -> Span:
    if not isinstance(entry, dict):
        raise ValueError(f"a span is {entry!r}, not an object")
    start, end = _field(entry, "start", int), _field(entry, "end", int)
    told = entry.get("text")
    if told is not None and text[start:end] != told:
        raise ValueError(
            f"the span {told!r} is not at {start}-{end}, where the text says {text[start:end]!r}"
        )
    ptid = entry.get("ptid")
    return Span(start, end, None if ptid is None else str(ptid))


def _field(record: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = record.get(name)
    if type(value) is not kind:
        raise ValueError(f"{name} is {value!r}, not of type {kind.__name__}")
    return value
