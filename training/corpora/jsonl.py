"""Reader of corpora in JSON Lines, one text per line.

`{"id", "text", "label": 0|1, "document", "spans": [{"start", "end", "text", "ptid", "llt", "pt_name"}]}`;
`id`, `document` and everything in a span except its offsets are optional. Other fields are ignored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from training.corpora.reading_log import ReadingLog
from training.corpora.splits import split_from_name
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

_JSON_TYPES: Final = {str: "a string", int: "an integer"}


def read_jsonl(source: Path, log: ReadingLog) -> dict[str, list[Example]]:
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
        splits.setdefault(split or "all", []).extend(read_records(path, log))
    return splits


def read_records(path: Path, log: ReadingLog | None = None) -> list[Example]:
    """Read a file of one JSON record per line; empty lines are skipped.

    Each span is checked: `text[start:end]` must be the text of the span, if the record has it.

    Args:
        path: the file.
        log: records the lines that are malformed; without a log, the first of them is an error.

    Raises:
        CorpusError: the file is missing or not UTF-8, or a line is at fault; the message names file and line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read ({error.strerror}): name a .jsonl file, or a folder that `ade-train "
            "prepare` wrote"
        ) from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    examples = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            examples.append(_parse_example(line, number))
        except (ValueError, RecursionError) as error:
            if log is None:
                raise CorpusError(f"{path}, line {number}: {error}") from None
            reason = "offset mismatch" if isinstance(error, _MismatchError) else "malformed record"
            log.drop(reason, path, number, str(error))
    return examples


class _MismatchError(ValueError):
    """The text of the span is not at its offsets."""


def _parse_example(line: str, number: int) -> Example:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError(f"the line is a JSON {type(record).__name__}, not an object")
    text, label = _get_field(record, "text", str), _get_field(record, "label", int)
    if not text.strip():
        raise ValueError("text is empty")
    text.encode()  # fails at a lone surrogate, which JSON can name, but UTF-8 cannot hold
    spans = record.get("spans") or []
    if not isinstance(spans, list):
        raise ValueError(f"spans is {spans!r}, not a list")
    return Example(
        id=str(record.get("id", number)),
        text=text,
        label=label,
        spans=tuple(_parse_span(entry, text) for entry in spans),
        document=str(record.get("document") or ""),
    )


def _parse_span(entry: Any, text: str) -> AnnotatedSpan:
    if not isinstance(entry, dict):
        raise ValueError(f"a span is {entry!r}, not an object")
    start, end = _get_field(entry, "start", int), _get_field(entry, "end", int)
    words = entry.get("text")
    if words is not None and text[start:end] != words:
        raise _MismatchError(
            f"the span {words!r} is not at {start}-{end}, where the text says {text[start:end]!r}"
        )
    return AnnotatedSpan(start, end, *(_get_optional(entry, name) for name in ("ptid", "pt_name", "llt")))


def _get_optional(entry: dict[str, Any], name: str) -> str | None:
    value = entry.get(name)
    return None if value is None or value == "" else str(value)


def _get_field(record: dict[str, Any], name: str, kind: type[Any]) -> Any:
    value = record.get(name)
    if value is None:
        raise ValueError(f"{name} is missing")
    if type(value) is not kind:
        raise ValueError(f"{name} is {value!r}, not {_JSON_TYPES[kind]}")
    return value
