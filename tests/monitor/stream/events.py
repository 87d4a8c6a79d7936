"""Messages as Faust hands them over, for the stages that need no Faust."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Message:
    value: bytes | None
    offset: int
    partition: int = 0
    topic: str = "tweets"
    timestamp: float = 1_700_000_000.0
    key: bytes | None = None


@dataclass(frozen=True)
class Event:
    message: Message = field(compare=False)


def event(
    text: str | None = "fine", *, offset: int = 0, partition: int = 0, raw: bytes | None = None
) -> Event:
    """A readable message of `text`, or the `raw` bytes as they are (`text=None` and no raw: a null value)."""
    value = raw
    if raw is None and text is not None:
        value = json.dumps({"id": f"{partition}-{offset}", "text": text}).encode()
    return Event(Message(value, offset, partition))
