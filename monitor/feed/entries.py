"""Dates as files have them, written as the message contract wants them.

What a format makes of lines: entries that may become tweets, and rejects that cannot.

From an entry of a file to the message that is sent: only what the contract names, and sure to be read.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from monitor.errors import PoisonError
from monitor.feed.source import SourceLine
from monitor.ingest.contract import read_message
from monitor.records import Tweet

_V1_FORMAT: Final = "%a %b %d %H:%M:%S %z %Y"
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UTC_WORD: Final = re.compile(r" ?(UTC|GMT)$")


def rfc3339(date: str) -> str:
    """Turn a date of the API v1.1 ("Wed Oct 10 20:19:24 +0000 2018"), a day, or "… UTC" into RFC 3339.

    A day alone is its midnight in UTC. What is none of these is given back as it is: the contract judges it.
    """
    date = _UTC_WORD.sub("Z", date.strip())
    if _DAY.fullmatch(date):
        return f"{date}T00:00:00Z"
    with contextlib.suppress(ValueError):
        return datetime.strptime(date, _V1_FORMAT).astimezone(UTC).isoformat()
    return date


@dataclass(frozen=True, slots=True)
class FeedEntry:
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

Reader = Callable[[Iterator[SourceLine]], Iterator[FeedEntry | Reject]]
"""A format: turns lines into entries, one at a time; raises `FeedError` where the whole file is wrong."""


def too_long(line: SourceLine) -> Reject:
    """Reject a line that was cut."""
    return Reject(line.number, "line-too-long", f"the line has more than {len(line.data)} bytes", line.data)


@dataclass(frozen=True, slots=True)
class TweetMessage:
    """What goes to Kafka: the tweet's id as the key, and a value that `read_message` takes."""

    key: bytes
    value: bytes


def tweet_of(entry: FeedEntry) -> Tweet | Reject:
    """Read an entry as the monitor would read its message, or say why it would not."""
    try:
        return read_message(_json(dict(entry.fields)))
    except PoisonError as error:
        return Reject(entry.line, error.reason, error.detail, entry.raw)


def message_of(entry: FeedEntry) -> TweetMessage | Reject:
    """Write an entry as a message, or say why the monitor would not read it."""
    tweet = tweet_of(entry)
    if isinstance(tweet, Reject):
        return tweet
    known = {"id": tweet.id, "text": tweet.text, "author_id": tweet.author_id, "lang": tweet.lang}
    # The date goes as it came: it was read, and its zone is worth keeping.
    known["created_at"] = entry.fields.get("created_at")
    value = _json({name: value for name, value in known.items() if value is not None})
    return TweetMessage(tweet.id.encode(), value)


def _json(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
