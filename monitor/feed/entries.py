"""Entries and rejects, which the readers of all formats yield, and what entries are once they are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from monitor.errors import PoisonError
from monitor.feed.source import SourceLine
from monitor.ingest import read_fields
from monitor.records import ComplianceEvent, Post

FEED_REASONS: Final[Mapping[str, str]] = {
    "line-too-long": "the line or the JSON document is longer than the feed keeps in memory",
    "wrong-columns": "the row has another number of columns than the header, or an unclosed quote",
}
"""Reasons of rejects that only files have, and what they mean."""


# Tuples: to create them takes a third of the time of frozen dataclasses, and each post needs several.
class FeedEntry(NamedTuple):
    """A post or an event as read from a file, not checked yet.

    Attributes:
        line: number of the line on which it starts.
        fields: named as in the message contract: id, text, author_id, created_at, lang, …
        raw: the bytes that it was read from.
        source: name of the source that read it; empty for a table.
    """

    line: int
    fields: Mapping[str, Any]
    raw: bytes
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """Something in a file that is not a valid post.

    Attributes:
        line: number of the line on which it starts.
        reason: a word of `monitor.ingest.contract.REASONS`, or of `FEED_REASONS`.
        detail: which field is wrong, and how; never the post itself.
        raw: the bytes that were read.
    """

    line: int
    reason: str
    detail: str
    raw: bytes


class FeedItem(NamedTuple):
    """A valid post or event of a file.

    Attributes:
        line: number of the line on which it starts.
        content: the post or the event, as the worker will read it.
        source: name of the source that read it; empty for a table.
    """

    line: int
    content: Post | ComplianceEvent
    source: str = ""


def check_entry(entry: FeedEntry) -> FeedItem | Reject:
    """Return the post or event that the monitor reads from an entry, or why it would refuse it."""
    try:
        content = read_fields(entry.fields)
    except PoisonError as error:
        detail = error.detail
        if error.reason == "missing-field" and entry.source:
            detail = f"{detail} (read as {entry.source})"
        return Reject(entry.line, error.reason, detail, entry.raw)
    return FeedItem(entry.line, content, entry.source)


def reject_long_line(line: SourceLine) -> Reject:
    """Return the reject for a line that was cut."""
    return Reject(line.number, "line-too-long", f"the line has more than {len(line.data)} bytes", line.data)
