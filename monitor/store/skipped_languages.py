"""Posts that were skipped because of their language: counted by hour and language, each of them once.

A skipped post leaves no row, so its message alone shows whether it was counted before. A message was counted
if it lies before the stored offset of its partition and is not newer than the stored time. The time matters
because offsets start at 0 again if a topic is created again, as by an embedded broker that was restarted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import Origin, ReceivedPost
from monitor.store import tables
from monitor.store.statements import Insert

Place = tuple[str, int]
"""Topic and partition."""

UNKNOWN_LANGUAGE = "und"


class SkippedCount(NamedTuple):
    """A row of `skipped_languages`: what a batch adds to one hour (UTC) and language."""

    hour: datetime
    lang: str
    skipped: int


class CountedUntil(NamedTuple):
    """A row of `skipped_progress`: up to which message the skipped posts of a partition are counted."""

    topic: str
    partition: int
    next_offset: int
    last_timestamp: datetime


ADD_SKIPPED: Insert[SkippedCount] = Insert(
    tables.skipped_languages,
    {"hour": attrgetter("hour"), "lang": attrgetter("lang"), "skipped": attrgetter("skipped")},
    constants=["consumer_group"],
    then="ON CONFLICT (hour, consumer_group, lang) DO UPDATE SET skipped = t.skipped + excluded.skipped",
)

PUT_COUNTED: Insert[CountedUntil] = Insert(
    tables.skipped_progress,
    {name: attrgetter(name) for name in CountedUntil._fields},
    constants=["consumer_group"],
    then="ON CONFLICT (consumer_group, topic, partition) DO UPDATE "
    "SET next_offset = excluded.next_offset, last_timestamp = excluded.last_timestamp",
)

# Two workers may have the same partition for a moment: the later one waits here for the other's commit.
ADD_MISSING = text(
    "INSERT INTO skipped_progress (consumer_group, topic, partition, next_offset, last_timestamp) "
    "SELECT :consumer_group, row.topic, row.partition, 0, to_timestamp(0) "
    "FROM unnest(CAST(:topic AS text[]), CAST(:partition AS integer[])) AS row (topic, partition) "
    "ON CONFLICT DO NOTHING"
)
LOCK_COUNTED = text(
    "SELECT p.topic, p.partition, p.next_offset, p.last_timestamp FROM skipped_progress p "
    "JOIN unnest(CAST(:topic AS text[]), CAST(:partition AS integer[])) AS row (topic, partition) "
    "USING (topic, partition) WHERE p.consumer_group = :consumer_group "
    "ORDER BY p.topic, p.partition FOR UPDATE OF p"
)


async def count_skipped(connection: AsyncConnection, skipped: Sequence[ReceivedPost], *, group: str) -> int:
    """Count posts of a batch that are skipped, in the transaction that also stores its progress.

    Args:
        connection: in a transaction.
        skipped: the posts, in the order of their messages; `lang` is the language that they are skipped for.
        group: the consumer group. Each group counts for itself.

    Returns:
        The number of posts that were not counted before.
    """
    if not skipped:
        return 0
    places = sorted({_place(received.origin) for received in skipped})
    columns = {
        "consumer_group": group,
        "topic": [topic for topic, _ in places],
        "partition": [partition for _, partition in places],
    }
    await connection.execute(ADD_MISSING, columns)
    before = {
        (row.topic, row.partition): CountedUntil(*row)
        for row in (await connection.execute(LOCK_COUNTED, columns)).all()
    }
    new = [received for received in skipped if not _was_counted(received.origin, before)]
    if new:
        until = [_counted_until(before[place], [r.origin for r in new]) for place in places]
        await PUT_COUNTED.run(connection, until, consumer_group=group)
        await ADD_SKIPPED.run(connection, _counts(new), consumer_group=group)
    return len(new)


def _was_counted(origin: Origin, before: dict[Place, CountedUntil]) -> bool:
    until = before[_place(origin)]
    return origin.offset < until.next_offset and origin.timestamp <= until.last_timestamp


def _counted_until(before: CountedUntil, new: Sequence[Origin]) -> CountedUntil:
    """Return how far a partition is counted after the new messages. Offsets that start again replace it."""
    origins = [origin for origin in new if _place(origin) == (before.topic, before.partition)]
    if not origins:
        return before
    first, last = min(origin.offset for origin in origins), max(origin.offset for origin in origins)
    latest = max(origin.timestamp for origin in origins)
    next_offset = last + 1 if first < before.next_offset else max(before.next_offset, last + 1)
    return CountedUntil(before.topic, before.partition, next_offset, max(before.last_timestamp, latest))


def _counts(posts: Sequence[ReceivedPost]) -> list[SkippedCount]:
    """Return what the posts add to the hours in which they were posted, in the order of the rows."""
    counts = Counter(
        (int(received.posted_at.timestamp() // 3600), received.post.lang or UNKNOWN_LANGUAGE)
        for received in posts
    )
    return [
        SkippedCount(datetime.fromtimestamp(hour * 3600, UTC), lang, count)
        for (hour, lang), count in sorted(counts.items())
    ]


def _place(origin: Origin) -> Place:
    return origin.topic, origin.partition
