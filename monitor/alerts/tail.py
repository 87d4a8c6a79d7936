"""Reading the stream without a group: whatever comes from now on, and no memory of it."""

from __future__ import annotations

from typing import Any, cast

from redis import Redis

from monitor.alerts.entries import BLOCK_MS, READ_COUNT, Entry
from monitor.alerts.position import end_of


class TailReader:
    """Reads with XREAD; every tail sees every alert, and none is claimed or acknowledged.

    Args:
        client: as `connect` makes it.
        stream: name of the Redis Stream.
        from_start: begin at the oldest alert that the stream has, instead of the next one.
    """

    def __init__(self, client: Redis, stream: str, *, from_start: bool) -> None:
        self._client = client
        self._stream = stream
        self._position = "0-0" if from_start else None

    def read(self) -> list[Entry]:
        """Give the entries after the last one that was done."""
        if self._position is None:
            self._position, _ = end_of(self._client, self._stream)
        reply = self._client.xread({self._stream: self._position}, count=READ_COUNT, block=BLOCK_MS)
        return [Entry(entry_id, fields) for _, found in cast(Any, reply) for entry_id, fields in found]

    def done(self, entry: Entry) -> None:
        """Move on."""
        self._position = entry.entry_id

    def release(self) -> None:
        """Nothing is held."""
