"""Kafka events as Faust passes them on, for tests that need no Faust."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from monitor.ingest import Batch, read_events, start_batch


@dataclass(frozen=True)
class Message:
    value: bytes | None
    offset: int
    partition: int = 0
    topic: str = "tweets"
    timestamp: float = 1_700_000_000.0
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Event:
    message: Message = field(compare=False)


def event(
    text: str | None = "fine", *, offset: int = 0, partition: int = 0, raw: bytes | None = None
) -> Event:
    """Return a valid message with `text`, or one with the `raw` bytes (neither: a null value)."""
    value = raw
    if raw is None and text is not None:
        value = json.dumps({"id": f"{partition}-{offset}", "text": text}).encode()
    return Event(Message(value, offset, partition, key=f"key {offset}".encode()))


def batch_of(*events: Event) -> Batch:
    """Return a batch after the stage that reads its messages."""
    return read_events(start_batch(events))


def batch_of_texts(*texts: str) -> Batch:
    """Return a batch of one valid message for each text, with the offsets 0, 1, …"""
    return batch_of(*(event(text, offset=offset) for offset, text in enumerate(texts)))
