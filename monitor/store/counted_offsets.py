"""Which messages are counted, for posts that leave no row: a set of offsets for each partition of a topic.

It changes in the transaction that counts, so a batch that is written again, or read again after a crash, a
rebalance or a rewind, counts nothing twice. The topic's id is part of the key: a topic that is deleted and
created again has new messages at the same offsets.

Offsets are counted for a counter: each bundle counts what it has scored, and each consumer group what it has
skipped.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import OffsetSpan, Origin


class CounterKind(StrEnum):
    """What a counter counts: scored posts, by bundle, or skipped posts, by consumer group."""

    SCORED = "scored"
    SKIPPED = "skipped"


class Place(NamedTuple):
    """A partition of a topic; `topic_id` is empty if it is not known."""

    topic: str
    topic_id: str
    partition: int


@dataclass(frozen=True, slots=True)
class CountedMessages:
    """The messages that a counter had counted before a batch.

    Attributes:
        ends: for each partition, the first offset of each counted range and the offset after its last one,
            one after the other and in order.
    """

    ends: Mapping[Place, Sequence[int]]

    def has(self, origin: Origin) -> bool:
        """Return True if a message was counted."""
        # Inside of a range, an odd number of ends lies at or before the offset.
        return bisect_right(self.ends.get(place_of(origin), ()), origin.offset) % 2 == 1


def place_of(source: Origin | OffsetSpan) -> Place:
    """Return the partition of a message or of offsets."""
    return Place(source.topic, source.topic_id or "", source.partition)


_ROWS: Final = (
    "unnest(CAST(:topic AS text[]), CAST(:topic_id AS text[]), CAST(:partition AS integer[]), "
    "CAST(:kind AS text[]), CAST(:counter AS text[])) AS row (topic, topic_id, partition, kind, counter)"
)
_SAME_COUNTER: Final = (
    "t.topic = row.topic AND t.partition = row.partition AND t.kind = row.kind AND t.counter = row.counter"
)

# Two workers may have the same partition for a moment: the later one waits here for the other's commit.
LOCK_COUNTED: Final = text(
    "SELECT t.topic, t.topic_id, t.partition, t.kind, t.counter, t.offsets "  # noqa: S608
    f"FROM counted_offsets AS t JOIN {_ROWS} ON {_SAME_COUNTER} AND t.topic_id = row.topic_id "
    "ORDER BY t.topic, t.topic_id, t.partition, t.kind, t.counter FOR UPDATE OF t"
)

# What was counted while the topic's id was not known, as before migration 0015, belongs to the first id.
ADOPT_COUNTED: Final = text(
    f"UPDATE counted_offsets AS t SET topic_id = row.topic_id FROM {_ROWS} "  # noqa: S608
    f"WHERE {_SAME_COUNTER} AND t.topic_id = '' AND row.topic_id <> ''"
)

ADD_MISSING: Final = text(
    "INSERT INTO counted_offsets (topic, topic_id, partition, kind, counter, offsets) "  # noqa: S608
    f"SELECT row.*, '{{}}' FROM {_ROWS} ORDER BY topic, topic_id, partition, kind, counter "
    "ON CONFLICT DO NOTHING"
)

ADD_COUNTED: Final = text(
    "UPDATE counted_offsets AS t SET offsets = t.offsets + "  # noqa: S608
    "CAST(row.offsets AS int8multirange) "
    "FROM unnest(CAST(:topic AS text[]), CAST(:topic_id AS text[]), CAST(:partition AS integer[]), "
    "CAST(:kind AS text[]), CAST(:counter AS text[]), CAST(:offsets AS text[])) "
    "AS row (topic, topic_id, partition, kind, counter, offsets) "
    f"WHERE {_SAME_COUNTER} AND t.topic_id = row.topic_id"
)


async def count_offsets(
    connection: AsyncConnection, spans: Collection[OffsetSpan], counters: Mapping[CounterKind, str]
) -> Mapping[CounterKind, CountedMessages]:
    """Note that the messages of a batch are counted, and return those that were counted before it.

    The rows stay locked until the end of the transaction.

    Args:
        connection: in the transaction that counts.
        spans: the offsets that the batch has read.
        counters: the counter of each kind: a bundle, or a consumer group.
    """
    ranges: dict[Place, list[str]] = {}
    for span in spans:
        ranges.setdefault(place_of(span), []).append(f"[{span.first},{span.end})")
    if not ranges:
        return {kind: CountedMessages({}) for kind in counters}
    keys = [(place, kind) for place in sorted(ranges) for kind in sorted(counters)]
    columns: dict[str, Any] = {
        "topic": [place.topic for place, _ in keys],
        "topic_id": [place.topic_id for place, _ in keys],
        "partition": [place.partition for place, _ in keys],
        "kind": [kind.value for _, kind in keys],
        "counter": [counters[kind] for _, kind in keys],
    }
    rows = (await connection.execute(LOCK_COUNTED, columns)).all()
    if len(rows) < len(keys):
        await connection.execute(ADOPT_COUNTED, columns)
        await connection.execute(ADD_MISSING, columns)
        rows = (await connection.execute(LOCK_COUNTED, columns)).all()
    before: dict[CounterKind, dict[Place, list[int]]] = {kind: {} for kind in counters}
    for row in rows:
        place = Place(row.topic, row.topic_id, row.partition)
        before[CounterKind(row.kind)][place] = [
            end for part in row.offsets for end in (part.lower, part.upper)
        ]
    offsets = [f"{{{','.join(ranges[place])}}}" for place, _ in keys]
    await connection.execute(ADD_COUNTED, {**columns, "offsets": offsets})
    return {kind: CountedMessages(ends) for kind, ends in before.items()}


def spans_of(origins: Iterable[Origin]) -> list[OffsetSpan]:
    """Return a span for each message, without what lies between them."""
    places = {(place_of(origin), origin.offset) for origin in origins}
    return [
        OffsetSpan(place.topic, place.topic_id or None, place.partition, offset, offset + 1)
        for place, offset in sorted(places)
    ]
