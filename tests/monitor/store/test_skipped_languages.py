"""Skipped posts are counted once, by hour and language, however often their messages are read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from monitor.records import Origin, Post, Progress, ReceivedPost
from monitor.store import Store
from tests.monitor.store.batches import GivenAlerts, Tables, raised

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
Row = tuple[int, str, str, int]


def received(
    offset: int,
    lang: str | None = "es",
    *,
    partition: int = 0,
    minutes: float | None = None,
    created_at: datetime | None = NOON,
    topic_id: str | None = None,
) -> ReceivedPost:
    """Return a skipped post. Its message has the time `minutes` after noon, by default that of its offset."""
    timestamp = NOON + timedelta(minutes=offset if minutes is None else minutes)
    post = Post(f"{partition}-{offset}", "hola", lang=lang, created_at=created_at)
    return ReceivedPost(post, Origin("tweets", partition, offset, timestamp, topic_id=topic_id))


async def write(store: Store, skipped: Sequence[ReceivedPost], group: str = "g") -> None:
    progress = [Progress("tweets", each.origin.partition, each.origin.offset + 1) for each in skipped]
    await store.write_batch(
        [], bundle="b", raise_alerts=lambda _: raised(), progress=progress, group=group, skipped=skipped
    )


def counts(tables: Tables) -> list[Row]:
    """Return hour, group, language and number of each row."""
    rows = tables.rows("SELECT hour, consumer_group, lang, skipped FROM skipped_languages ORDER BY 1, 2, 3")
    return [(row[0].astimezone(UTC).hour, *row[1:]) for row in rows]


async def test_posts_are_counted_by_the_hour_of_their_date_and_by_language(
    store: Store, tables: Tables
) -> None:
    late = NOON + timedelta(hours=1)
    await write(store, [received(0), received(1, "de"), received(2), received(3, created_at=late)])
    await write(store, [received(4), received(5, None)])
    assert counts(tables) == [(12, "g", "de", 1), (12, "g", "es", 3), (12, "g", "und", 1), (13, "g", "es", 1)]


async def test_a_post_without_a_date_counts_for_the_hour_of_its_message(store: Store, tables: Tables) -> None:
    await write(store, [received(0, minutes=130, created_at=None)])
    assert counts(tables) == [(14, "g", "es", 1)]


async def test_messages_that_are_read_again_are_not_counted_again(store: Store, tables: Tables) -> None:
    first, second = [received(0), received(1)], [received(2), received(7)]
    for batch in (first, first, second, first, second, [*second, received(8)]):
        await write(store, batch)
    assert counts(tables) == [(12, "g", "es", 5)]


async def test_several_posts_of_one_message_all_count(store: Store, tables: Tables) -> None:
    for _ in range(2):
        await write(store, [received(3), received(3), received(3)])
    assert counts(tables) == [(12, "g", "es", 3)]


async def test_each_partition_and_each_group_counts_for_itself(store: Store, tables: Tables) -> None:
    batch = [received(0), received(0, partition=1)]
    await write(store, batch)
    await write(store, batch)
    await write(store, batch, group="h")
    assert counts(tables) == [(12, "g", "es", 2), (12, "h", "es", 2)]


async def test_a_topic_that_starts_at_offset_zero_again_is_counted_on(store: Store, tables: Tables) -> None:
    """The embedded broker keeps its topics in memory only."""
    await write(store, [received(offset, topic_id="a") for offset in (0, 1, 2)])
    restarted = [received(offset, topic_id="b") for offset in (0, 1)]
    await write(store, restarted)
    await write(store, restarted)
    await write(store, [received(offset, topic_id="b") for offset in (2, 3)])
    assert counts(tables) == [(12, "g", "es", 7)]


async def test_the_time_of_a_message_may_be_older_than_that_of_the_one_before(
    store: Store, tables: Tables
) -> None:
    batch = [received(0, minutes=9), received(1, minutes=2)]
    for _ in range(2):
        await write(store, batch)
    await write(store, [received(2, minutes=1)])
    assert counts(tables) == [(12, "g", "es", 3)]


async def test_a_batch_that_is_not_written_counts_nothing(store: Store, tables: Tables) -> None:
    def fail(_: object) -> GivenAlerts:
        raise RuntimeError

    progress = [Progress("tweets", 0, 1)]
    try:
        await store.write_batch(
            [], bundle="b", raise_alerts=fail, progress=progress, group="g", skipped=[received(0)]
        )
    except RuntimeError:
        assert counts(tables) == []
    await write(store, [received(0)])
    assert counts(tables) == [(12, "g", "es", 1)]
