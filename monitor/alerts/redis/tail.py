"""Read the stream without a group: each reader gets every new alert and remembers nothing.

This module also has what both readers need: the end of a stream, and how to compare positions in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

from redis import Redis
from redis.exceptions import ResponseError

from monitor.alerts.ports import StreamEntry
from monitor.alerts.redis.connection import translate_redis_errors

READ_COUNT: Final = 32
"""Maximum number of entries per read. It is small, because a reader that dies leaves them waiting."""

BLOCK_MS: Final = 2_000
"""Milliseconds that a read waits for new entries; less than `SOCKET_TIMEOUT`."""


class TailReader:
    """The `AlertReader` without a group, which uses XREAD. Every tail sees every alert, and claims none.

    Args:
        client: a client of `connect`; `close` closes it.
        stream: name of the Redis Stream.
        from_start: start at the oldest alert of the stream instead of the next one.
        location: name of the server, for messages.
        block_ms: milliseconds that a read waits for new entries; None to return at once.
    """

    def __init__(
        self,
        client: Redis,
        stream: str,
        *,
        from_start: bool,
        location: str = "Redis",
        block_ms: int | None = BLOCK_MS,
    ) -> None:
        self.location = location
        self._client = client
        self._stream = stream
        self._block_ms = block_ms
        self._position = "0-0" if from_start else None

    def read(self) -> list[StreamEntry]:
        """Return the entries after the last acknowledged one."""
        with translate_redis_errors(self.location):
            if self._position is None:
                self._position, _ = end_of_stream(self._client, self._stream)
            streams = cast(
                Any,
                self._client.xread({self._stream: self._position}, count=READ_COUNT, block=self._block_ms),
            )
            return [StreamEntry(entry_id, fields) for _, entries in streams for entry_id, fields in entries]

    def acknowledge(self, entry: StreamEntry) -> None:
        """Continue after this entry."""
        self._position = entry.entry_id

    def release(self) -> None:
        """Do nothing: a tail holds no entries."""

    def close(self) -> None:
        """Close the client."""
        self._client.close()


def end_of_stream(client: Redis, stream: str) -> tuple[str, int | None]:
    """Return the id of the newest entry, and the number of entries that were ever added.

    Both come from one reply, so they agree. Without a stream they are "0-0" and 0. The number is None on
    Redis 6.2, which does not count.
    """
    try:
        reply = cast(Any, client.xinfo_stream(stream))
    except ResponseError as error:
        if "no such key" in str(error):
            return "0-0", 0
        raise
    return reply["last-generated-id"], reply.get("entries-added")


def count_missed(group: Mapping[str, Any], stream: Mapping[str, Any]) -> int:
    """Return how many entries were trimmed or removed before the group read them.

    Redis counts the entries that were ever added and those that the group has read. The result is 0 if it is
    not known (`entries-read` is nil, or Redis is 6.2).

    Args:
        group: a row of the reply of XINFO GROUPS.
        stream: the reply of XINFO STREAM.
    """
    read, first = group.get("entries-read"), stream.get("first-entry")
    if read is None or not first:
        return 0
    if comparable_id(group["last-delivered-id"]) >= comparable_id(first[0]):
        return 0
    return max(0, int(stream["entries-added"]) - int(read) - int(stream["length"]))


def newest_removed(stream: Mapping[str, Any]) -> tuple[int, int]:
    """Return the newest entry that was retracted or replaced, not trimmed, or (0, 0) if there is none.

    Args:
        stream: the reply of XINFO STREAM. Redis 6.2 does not know what was removed.
    """
    return comparable_id(stream.get("max-deleted-entry-id") or "0-0")


def comparable_id(entry_id: str) -> tuple[int, int]:
    """Return an entry id, `<milliseconds>-<number>`, as numbers that compare in the order of the stream."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)
