"""Remove old alerts from the Redis Stream, by the time at which they were published."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import redis.asyncio

from monitor.alerts.redis.connection import connect_async, location_of, translate_redis_errors
from monitor.alerts.redis.purging import unpurged_key
from monitor.settings import Settings

AT_ONCE: Final = 10_000
"""Number of entries that one command removes. Redis answers nobody else meanwhile."""

READ_AT_ONCE: Final = 1_000
"""Number of entries that are counted at once."""


async def trim_alerts(settings: Settings, before: datetime, *, dry_run: bool = False) -> int:
    """Remove the entries that were published before a time, and return their number.

    Groups that have not read them miss them. Afterwards, Redis is due to rewrite its append-only file, as
    after retractions.

    Args:
        settings: Redis and its stream.
        before: timezone-aware.
        dry_run: remove nothing, and return what would be removed.

    Raises:
        MonitorError: Redis is away, or refuses.
    """
    stream, first = settings.alerts.stream, f"{int(before.timestamp() * 1000)}-0"
    with translate_redis_errors(location_of(settings.redis)):
        async with connect_async(settings.redis) as client:
            if dry_run:
                return await _count(client, stream, first)
            removed = 0
            # Redis removes whole blocks of entries quickly, and the rest of a block at the end.
            while gone := int(await client.xtrim(stream, minid=first, approximate=True, limit=AT_ONCE)):
                removed += gone
            removed += int(await client.xtrim(stream, minid=first, approximate=False))
            if removed:
                await client.incr(unpurged_key(stream))
    return removed


async def _count(client: redis.asyncio.Redis, stream: str, first: str) -> int:
    count, start = 0, "-"
    while entries := await client.xrange(stream, start, f"({first}", READ_AT_ONCE):
        count, start = count + len(entries), f"({_text(entries[-1][0])}"
    return count


def _text(entry_id: bytes | str | None) -> str:
    return entry_id.decode() if isinstance(entry_id, bytes) else str(entry_id)
