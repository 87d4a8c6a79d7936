"""Which messages are counted, for posts that leave no row: a set of offsets for each partition of a topic.

It changes in the transaction that counts, so a batch that is written again, or read again after a crash, a
rebalance or a rewind, counts nothing twice. The topic's id is part of the key: a topic that is deleted and
created again has new messages at the same offsets. While the id is not known, a message counts only if no
topic of that name has counted its offset; what is counted then belongs to the next id that is known.

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


Key = tuple[Place, CounterKind]
"""What a row is for."""

Range = tuple[int, int]
"""The first of some offsets, and the offset after the last one."""


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

# Two workers may have the same partition for a moment: the later one waits here for the other's commit. Along
# with the rows of a topic come those that were counted while its id was not known.
LOCK_COUNTED: Final = text(
    "SELECT t.topic, t.topic_id, t.partition, t.kind, t.counter, t.offsets FROM counted_offsets AS t "  # noqa: S608
    f"WHERE EXISTS (SELECT FROM {_ROWS} WHERE {_SAME_COUNTER} "
    "AND (row.topic_id = '' OR t.topic_id IN ('', row.topic_id))) "
    "ORDER BY t.topic, t.topic_id, t.partition, t.kind, t.counter FOR UPDATE OF t"
)

# The row itself stays, because workers may not delete here.
EMPTY_UNKNOWN: Final = text(
    f"UPDATE counted_offsets AS t SET offsets = '{{}}' FROM {_ROWS} "  # noqa: S608
    f"WHERE {_SAME_COUNTER} AND t.topic_id = ''"
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
    ranges: dict[Place, list[Range]] = {}
    for span in spans:
        ranges.setdefault(place_of(span), []).append((span.first, span.end))
    if not ranges:
        return {kind: CountedMessages({}) for kind in counters}
    keys = [(place, kind) for place in sorted(ranges) for kind in sorted(counters)]
    columns = _columns(keys, counters)
    stored = await _lock(connection, columns)
    if not stored.keys() >= set(keys):
        await connection.execute(ADD_MISSING, columns)
        stored = await _lock(connection, columns)
    adopted = _adopted(stored, ranges)
    if adopted:
        await connection.execute(EMPTY_UNKNOWN, _columns(list(adopted), counters))
    added = [_as_text([*ranges[key[0]], *adopted.get(key, ())]) for key in keys]
    await connection.execute(ADD_COUNTED, {**columns, "offsets": added})
    before: dict[CounterKind, dict[Place, list[int]]] = {kind: {} for kind in counters}
    for place, kind in keys:
        parts = [*_counted_at(stored, place, kind), *adopted.get((place, kind), ())]
        before[kind][place] = _ends_of(parts)
    return {kind: CountedMessages(ends) for kind, ends in before.items()}


def _columns(keys: Sequence[Key], counters: Mapping[CounterKind, str]) -> dict[str, Any]:
    return {
        "topic": [place.topic for place, _ in keys],
        "topic_id": [place.topic_id for place, _ in keys],
        "partition": [place.partition for place, _ in keys],
        "kind": [kind.value for _, kind in keys],
        "counter": [counters[kind] for _, kind in keys],
    }


async def _lock(connection: AsyncConnection, columns: Mapping[str, Any]) -> dict[Key, list[Range]]:
    """Lock the rows of a batch, and return their offsets."""
    return {
        (Place(row.topic, row.topic_id, row.partition), CounterKind(row.kind)): [
            (part.lower, part.upper) for part in row.offsets
        ]
        for row in await connection.execute(LOCK_COUNTED, columns)
    }


def _adopted(stored: Mapping[Key, list[Range]], places: Collection[Place]) -> dict[Key, list[Range]]:
    """Return what was counted while a topic's id was not known, with the first id that the batch has for it.

    Such offsets are from before migration 0015, or from a worker that could not look the id up.
    """
    heirs: dict[Place, Place] = {}
    for place in places:
        if place.topic_id:
            heirs.setdefault(place._replace(topic_id=""), place)
    return {
        (heirs[place], kind): parts for (place, kind), parts in stored.items() if parts and place in heirs
    }


def _counted_at(stored: Mapping[Key, list[Range]], place: Place, kind: CounterKind) -> Sequence[Range]:
    """Return what was counted at a place. Without its topic's id, it may be any topic of that name."""
    if place.topic_id:
        return stored[place, kind]
    return [
        part
        for (other, other_kind), parts in stored.items()
        if other_kind is kind and other._replace(topic_id="") == place
        for part in parts
    ]


def _ends_of(parts: Iterable[Range]) -> list[int]:
    """Return the ends of the ranges that `parts` make together, in order."""
    ends: list[int] = []
    for first, end in sorted(parts):
        if ends and first <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            ends += (first, end)
    return ends


def _as_text(parts: Iterable[Range]) -> str:
    return f"{{{','.join(f'[{first},{end})' for first, end in parts)}}}"


def spans_of(origins: Iterable[Origin]) -> list[OffsetSpan]:
    """Return a span for each message, without what lies between them."""
    places = {(place_of(origin), origin.offset) for origin in origins}
    return [
        OffsetSpan(place.topic, place.topic_id or None, place.partition, offset, offset + 1)
        for place, offset in sorted(places)
    ]
