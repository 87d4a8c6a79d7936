"""The text of a JSON document in a file, before it is parsed: a line, or a part of a larger document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from monitor.errors import PoisonError
from monitor.feed.source import SourceLine
from monitor.ingest import parse_json

_CHAT_FIELDS: Final = ("id", "name", "type")


class JsonText(NamedTuple):
    """The text of a JSON document.

    Attributes:
        line: number of the line on which it starts.
        data: its bytes; of a document that is too long, the first `MAX_LINE` of them.
        is_cut: True if the file ends in the middle of it.
        is_too_long: True if it is longer than `MAX_LINE`.
        chat: the fields of the Telegram chat that it is a message of, or None.
    """

    line: int
    data: bytes
    is_cut: bool = False
    is_too_long: bool = False
    chat: dict[str, Any] | None = None


def split_lines(lines: Iterator[SourceLine]) -> Iterator[JsonText]:
    """Yield the document of each line that is not blank."""
    for line in lines:
        if not line.blank:
            yield JsonText(line.number, line.data, is_too_long=not line.whole)


def read_chat(start: bytes) -> dict[str, Any] | None:
    """Return the fields of a Telegram chat, from the start of its object; None if it is something else."""
    try:
        fields = parse_json(start + b"}")
    except PoisonError:
        return None
    if not isinstance(fields, dict) or not isinstance(fields.get("type"), str) or "text" in fields:
        return None
    return {name: fields[name] for name in _CHAT_FIELDS if name in fields}
