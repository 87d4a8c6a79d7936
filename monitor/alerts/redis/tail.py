"""Where a stream ends, and how far behind its beginning a group has fallen.

Reading the stream without a group: whatever comes from now on, and no memory of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from redis import Redis
from redis.exceptions import ResponseError

from monitor.alerts.ports import BLOCK_MS, READ_COUNT, StreamEntry, place_in_order


def end_of(client: Redis, stream: str) -> tuple[str, int | None]:
    """Give the id that the stream handed out last, and the number of entries up to it.

    Both come from one reply, so that they agree. "0-0" and 0 where there is no stream yet; the number is
    None where Redis (6.2) does not count.
    """
    try:
        found = cast(Any, client.xinfo_stream(stream))
    except ResponseError as error:
        if "no such key" in str(error):
            return "0-0", 0
        raise
    return found["last-generated-id"], found.get("entries-added")


def missed_by(group: Mapping[str, Any], stream: Mapping[str, Any]) -> int:
    """Count what was trimmed unread, from the replies of XINFO GROUPS and XINFO STREAM.

    Redis counts what was ever added and what the group has read, so the rest is known as long as only
    the oldest entries were taken away. 0 where it is not known (`entries-read` is nil, or Redis is 6.2).
    """
    read, first = group.get("entries-read"), stream.get("first-entry")
    if read is None or not first:
        return 0
    if place_in_order(group["last-delivered-id"]) >= place_in_order(first[0]):
        return 0
    return max(0, int(stream["entries-added"]) - int(read) - int(stream["length"]))


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

    def read(self) -> list[StreamEntry]:
        """Give the entries after the last one that was done."""
        if self._position is None:
            self._position, _ = end_of(self._client, self._stream)
        reply = self._client.xread({self._stream: self._position}, count=READ_COUNT, block=BLOCK_MS)
        return [StreamEntry(entry_id, fields) for _, found in cast(Any, reply) for entry_id, fields in found]

    def done(self, entry: StreamEntry) -> None:
        """Move on."""
        self._position = entry.entry_id

    def release(self) -> None:
        """Nothing is held."""
