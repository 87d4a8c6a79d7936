"""From an entry of a file to the message that is sent: only what the contract names, and sure to be read."""

from __future__ import annotations

import json
from dataclasses import dataclass

from monitor.errors import PoisonError
from monitor.feed.entries import Entry, Reject
from monitor.ingest.contract import read_message
from monitor.records import Tweet


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to Kafka: the tweet's id as the key, and a value that `read_message` takes."""

    key: bytes
    value: bytes


def tweet_of(entry: Entry) -> Tweet | Reject:
    """Read an entry as the monitor would read its message, or say why it would not."""
    try:
        return read_message(_json(dict(entry.fields)))
    except PoisonError as error:
        return Reject(entry.line, error.reason, error.detail, entry.raw)


def message_of(entry: Entry) -> Message | Reject:
    """Write an entry as a message, or say why the monitor would not read it."""
    tweet = tweet_of(entry)
    if isinstance(tweet, Reject):
        return tweet
    known = {"id": tweet.id, "text": tweet.text, "author_id": tweet.author_id, "lang": tweet.lang}
    # The date goes as it came: it was read, and its zone is worth keeping.
    known["created_at"] = entry.fields.get("created_at")
    value = _json({name: value for name, value in known.items() if value is not None})
    return Message(tweet.id.encode(), value)


def _json(fields: dict[str, object]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
