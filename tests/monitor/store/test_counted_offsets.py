"""Offsets that were counted stay counted, also if a worker could not look the topic's id up for a while."""

from __future__ import annotations

from monitor.records import OffsetSpan, Origin
from monitor.store import Store
from monitor.store.counted_offsets import CounterKind, count_offsets
from tests.monitor.store.batches import POSTED, Tables

STORED = (
    "SELECT topic_id, counter, offsets::text FROM counted_offsets WHERE kind = 'scored' "
    "AND NOT isempty(offsets) ORDER BY 1, 2"
)


def span(topic_id: str | None, first: int, end: int) -> OffsetSpan:
    return OffsetSpan("tweets", topic_id, 0, first, end)


async def count(store: Store, *spans: OffsetSpan, bundle: str = "b") -> set[int]:
    """Count spans, and return those of their offsets that the bundle had counted before."""
    counters = {CounterKind.SCORED: bundle, CounterKind.SKIPPED: "g"}
    async with store.engine.begin() as connection:
        before = (await count_offsets(connection, spans, counters))[CounterKind.SCORED]
    return {
        offset
        for each in spans
        for offset in range(each.first, each.end)
        if before.has(Origin("tweets", 0, offset, POSTED, topic_id=each.topic_id))
    }


async def test_what_is_read_again_without_the_id_of_its_topic_was_counted(
    store: Store, tables: Tables
) -> None:
    await count(store, span("a", 0, 5))
    assert await count(store, span(None, 3, 8)) == {3, 4}
    assert await count(store, span("a", 6, 10)) == {6, 7}
    assert await count(store, span(None, 0, 12)) == set(range(10))
    assert await count(store, span("a", 0, 12)) == set(range(12))
    assert tables.rows(STORED) == [("a", "b", "{[0,12)}")]


async def test_a_place_with_and_without_an_id_does_not_stop_a_new_counter(
    store: Store, tables: Tables
) -> None:
    await count(store, span("a", 0, 5))
    await count(store, span(None, 5, 8))
    # A new bundle lacks its row, while the group has both rows.
    assert await count(store, span("a", 0, 8), bundle="new") == set()
    assert await count(store, span("a", 0, 8)) == set(range(8))
    assert tables.rows(STORED) == [("a", "b", "{[0,8)}"), ("a", "new", "{[0,8)}")]


async def test_what_was_counted_without_an_id_belongs_to_the_next_topic_only(
    store: Store, tables: Tables
) -> None:
    await count(store, span(None, 2, 4), span(None, 6, 7))
    assert await count(store, span("a", 0, 1), span("c", 0, 9)) == set()
    assert await count(store, span("a", 0, 9)) == {0, 2, 3, 6}
    assert await count(store, span("d", 0, 9)) == set()


async def test_one_batch_may_know_the_id_of_some_of_its_messages(store: Store, tables: Tables) -> None:
    await count(store, span("a", 0, 3))
    assert await count(store, span(None, 2, 5), span("a", 5, 7)) == {2}
    assert await count(store, span("a", 0, 9)) == set(range(7))
