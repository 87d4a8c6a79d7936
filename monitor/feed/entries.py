"""What a format makes of lines: entries that may become tweets, and rejects that cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.feed.lines import Line


@dataclass(frozen=True, slots=True)
class Entry:
    """A tweet as a file tells it; not validated yet.

    Attributes:
        line: number of the line on which it starts.
        fields: named as in the message contract: id, text, author_id, created_at, lang.
        raw: the bytes that it was read from.
    """

    line: int
    fields: Mapping[str, Any]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Reject:
    """Something in a file that is no tweet.

    Attributes:
        line: number of the line on which it starts.
        reason: a word of `monitor.ingest.contract.REASONS`, or of `FEED_REASONS`.
        detail: what is wrong with which field; never the tweet itself.
        raw: the bytes that were read.
    """

    line: int
    reason: str
    detail: str
    raw: bytes


FEED_REASONS: Mapping[str, str] = {
    "line-too-long": "the line is longer than the feed keeps in memory",
    "wrong-columns": "the row has another number of columns than the header, or a quote that is never closed",
    "no-tweet": "the JSON object holds no tweet, as a deletion or a rate-limit notice does not",
}
"""Reasons that only files have, and what they mean."""

Reader = Callable[[Iterator[Line]], Iterator[Entry | Reject]]
"""A format: turns lines into entries, one at a time; raises `FeedError` where the whole file is wrong."""


def too_long(line: Line) -> Reject:
    """Reject a line that was cut."""
    return Reject(line.number, "line-too-long", f"the line has more than {len(line.data)} bytes", line.data)
