"""Posts that were skipped because of their language: counted by hour and language, each message of them once.

A skipped post leaves no row, so `counted_offsets` has which messages are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import ReceivedPost
from monitor.store import tables
from monitor.store.counted_offsets import CountedMessages
from monitor.store.counting import hour_of, start_of
from monitor.store.statements import Insert

UNKNOWN_LANGUAGE = "und"


class SkippedCount(NamedTuple):
    """A row of `skipped_languages`: what a batch adds to one hour (UTC) and language."""

    hour: datetime
    lang: str
    skipped: int


ADD_SKIPPED: Insert[SkippedCount] = Insert(
    tables.skipped_languages,
    {"hour": attrgetter("hour"), "lang": attrgetter("lang"), "skipped": attrgetter("skipped")},
    constants=["consumer_group"],
    then="ON CONFLICT (hour, consumer_group, lang) DO UPDATE SET skipped = t.skipped + excluded.skipped",
)


async def count_skipped(
    connection: AsyncConnection, skipped: Sequence[ReceivedPost], counted: CountedMessages, *, group: str
) -> int:
    """Count posts of a batch that are skipped, in the transaction that also notes their offsets.

    Args:
        connection: in a transaction.
        skipped: the posts, in the order of their messages; `lang` is the language that they are skipped for.
        counted: the messages that the group had counted before the batch.
        group: the consumer group. Each group counts for itself.

    Returns:
        The number of posts that were not counted before.
    """
    new = [received for received in skipped if not counted.has(received.origin)]
    await ADD_SKIPPED.run(connection, _counts(new), consumer_group=group)
    return len(new)


def _counts(posts: Sequence[ReceivedPost]) -> list[SkippedCount]:
    """Return what the posts add to the hours in which they were posted, in the order of the rows."""
    counts = Counter(
        (hour_of(received.posted_at), received.post.lang or UNKNOWN_LANGUAGE) for received in posts
    )
    return [SkippedCount(start_of(hour), lang, count) for (hour, lang), count in sorted(counts.items())]
