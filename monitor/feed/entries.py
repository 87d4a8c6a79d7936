"""Entries and rejects, which the readers of all formats yield, and the messages that entries become."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from monitor.errors import PoisonError
from monitor.feed.post_message import PostMessage, message_of
from monitor.feed.source import SourceLine
from monitor.ingest import read_fields
from monitor.records import ComplianceEvent, Post

FEED_REASONS: Final[Mapping[str, str]] = {
    "line-too-long": "the line is longer than the feed keeps in memory",
    "wrong-columns": "the row has another number of columns than the header, or an unclosed quote",
    "no-tweet": "the JSON object contains no tweet; for example, it is a deletion or a rate-limit notice",
}
"""Reasons of rejects that only files have, and what they mean."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A tweet as read from a file, not validated yet.

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
    """Something in a file that is not a valid tweet.

    Attributes:
        line: number of the line on which it starts.
        reason: a word of `monitor.ingest.contract.REASONS`, or of `FEED_REASONS`.
        detail: which field is wrong, and how; never the tweet itself.
        raw: the bytes that were read.
    """

    line: int
    reason: str
    detail: str
    raw: bytes


EntryReader = Callable[[Iterator[SourceLine]], Iterator[FeedEntry | Reject]]
"""The reader of a format: yields the entries of lines one at a time; raises FeedError for a wrong file."""


def validate_entry(entry: FeedEntry) -> Post | Reject:
    """Return the tweet that the monitor would read from the entry's message, or why it would refuse it."""
    try:
        post = read_fields(entry.fields)
    except PoisonError as error:
        return Reject(entry.line, error.reason, error.detail, entry.raw)
    if isinstance(post, ComplianceEvent):
        return Reject(entry.line, "no-tweet", "the entry is a deletion", entry.raw)
    return post


def message_from(entry: FeedEntry) -> PostMessage | Reject:
    """Return the message for an entry, with the fields of the contract only, or why it is not valid."""
    tweet = validate_entry(entry)
    if isinstance(tweet, Reject):
        return tweet
    return message_of(tweet)


def reject_long_line(line: SourceLine) -> Reject:
    """Return the reject for a line that was cut."""
    return Reject(line.number, "line-too-long", f"the line has more than {len(line.data)} bytes", line.data)
