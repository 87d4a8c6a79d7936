"""Events that matched nothing are counted and removed after some time, together with their tombstones.

A platform such as Bluesky reports every deletion of its whole network, hundreds of thousands a day. Most of
them are about posts that the monitor never had, and their rows would soon be most of the database.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store.audited_events import BY_HAND

AT_ONCE: Final = 5_000
"""Number of events in a transaction."""

# "ade-expi" in ASCII. One process at a time, so that each event is counted by one of them.
_LOCK: Final = 0x6164652D65787069

TRY_LOCK: Final = text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")

# The conditions of the index. DELETE has them again, because a worker may have needed a tombstone since.
_MATCHED_NOTHING: Final = "touched = '{}' AND left_out_at IS NULL"

EXPIRE: Final = text(
    "WITH old AS ("  # noqa: S608
    "SELECT id FROM compliance_events "
    f"WHERE {_MATCHED_NOTHING} AND done_at < now() - make_interval(days => :days) "
    "AND letters_done_at IS NOT NULL AND event <> ALL(CAST(:by_hand AS text[])) "
    "ORDER BY done_at LIMIT :most"
    "), gone AS ("
    f"DELETE FROM compliance_events WHERE id IN (SELECT id FROM old) AND {_MATCHED_NOTHING} "
    "RETURNING id, event, received_at, unmatched, extract(epoch FROM done_at - event_at) AS since_event, "
    "extract(epoch FROM done_at - received_at) AS since_arrival"
    "), lifted AS ("
    "DELETE FROM tombstones USING gone WHERE tombstones.event_id = gone.id"
    "), counted AS ("
    "INSERT INTO expired_events AS t "
    "(day, event, events, unmatched, late, slowest_since_event, slowest_since_arrival) "
    "SELECT date_trunc('day', received_at, 'UTC'), event, count(*), count(*) FILTER (WHERE unmatched), "
    "count(*) FILTER (WHERE COALESCE(since_event, since_arrival) > :allowed), "
    "max(since_event), max(since_arrival) FROM gone GROUP BY 1, 2 "
    "ON CONFLICT (day, event) DO UPDATE SET events = t.events + excluded.events, "
    "unmatched = t.unmatched + excluded.unmatched, late = t.late + excluded.late, "
    "slowest_since_event = GREATEST(t.slowest_since_event, excluded.slowest_since_event), "
    "slowest_since_arrival = GREATEST(t.slowest_since_arrival, excluded.slowest_since_arrival)"
    ") SELECT count(*) FROM gone"
)


# In the order of the events, so that workers wait for each other instead of blocking each other.
NOTE_NEED: Final = text(
    "UPDATE compliance_events SET left_out_at = now() WHERE id IN ("
    "SELECT id FROM compliance_events WHERE id = ANY(CAST(:ids AS bigint[])) AND left_out_at IS NULL "
    "ORDER BY id FOR UPDATE)"
)


async def note_need(connection: AsyncConnection, event_ids: Collection[int]) -> None:
    """Note that tombstones of these events have left a post out, so that they stay."""
    if event_ids:
        await connection.execute(NOTE_NEED, {"ids": sorted(event_ids)})


async def expire_events(connection: AsyncConnection, *, days: int, allowed_seconds: int) -> int:
    """Remove the oldest events that matched nothing, at most `AT_ONCE`, in the caller's transaction.

    Events that a person has requested stay, and so do those whose tombstone has left a post out.

    Args:
        connection: in a transaction.
        days: number of days that an event stays after it was applied.
        allowed_seconds: time after which an event counts as late.

    Returns:
        The number of events; 0 also if another process is removing some.
    """
    if not await connection.scalar(TRY_LOCK):
        return 0
    parameters = {"days": days, "most": AT_ONCE, "allowed": allowed_seconds}
    removed = await connection.scalar(EXPIRE, {**parameters, "by_hand": list(BY_HAND.values())})
    return int(removed or 0)
