"""What a reader of the stream gets, and what it must be able to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

READ_COUNT = 32
"""Entries that a read hands out at most; few, since a reader that dies leaves them waiting."""

BLOCK_MS = 2_000
"""Milliseconds that a read waits for new entries; less than the socket's timeout."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """An entry of the Redis Stream: its id there, `<milliseconds>-<number>`, and its fields."""

    entry_id: str
    fields: Mapping[str, str]


class Reader(Protocol):
    """A place in the stream, and the way on from it.

    All methods raise `redis.RedisError`; after one, `read` picks up where the entries were done.
    """

    def read(self) -> list[StreamEntry]:
        """Give the next entries; wait up to `BLOCK_MS` for them, then give none."""
        ...

    def done(self, entry: StreamEntry) -> None:
        """Say that the entry needs never be read again."""
        ...

    def release(self) -> None:
        """Leave what was read and not done to the next reader, at once."""
        ...


def place_in_order(entry_id: str) -> tuple[int, int]:
    """Make an entry id comparable."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)
