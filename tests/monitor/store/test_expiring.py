"""Events that matched nothing go after some time, and are still counted; all others stay."""

from __future__ import annotations

from datetime import UTC

import pytest

from monitor.store import Store, expiring
from tests.monitor.store.batches import Tables, negative_tweet, positive_tweet, write
from tests.monitor.store.events import apply, author_event, by_hand, post_event

DAYS = 30
DAY = 24 * 3600


async def expire(store: Store) -> int:
    return await store.expire_events(days=DAYS, allowed_seconds=DAY)


def age(tables: Tables, days: int) -> None:
    """Make all events so many days older, as if their dead letters had been removed."""
    tables.run(
        "UPDATE compliance_events SET letters_done_at = COALESCE(letters_done_at, done_at), "
        f"done_at = done_at - interval '{days} days', received_at = received_at - interval '{days} days', "
        f"event_at = event_at - interval '{days} days'"
    )


def subjects(tables: Tables) -> int:
    return int(tables.rows("SELECT count(*) FROM tombstones")[0][0])


def kinds(tables: Tables) -> list[str]:
    return [event for (event,) in tables.rows("SELECT event FROM compliance_events ORDER BY id")]


async def test_an_event_that_matched_nothing_is_counted_and_removed_with_its_tombstones(
    store: Store, tables: Tables
) -> None:
    await apply(
        store, post_event("delete", "17", "18"), post_event("delete", "19"), author_event("user_delete")
    )
    assert await expire(store) == 0
    age(tables, DAYS + 1)
    assert await expire(store) == 3
    assert (kinds(tables), subjects(tables)) == ([], 0)
    assert tables.rows("SELECT event, events, unmatched, late FROM expired_events ORDER BY event") == [
        ("delete", 2, 0, 2),
        ("user_delete", 1, 0, 1),
    ]
    written = await write(store, [positive_tweet("17")])
    assert written.removed == 0


async def test_later_events_of_a_day_are_added_to_its_count(store: Store, tables: Tables) -> None:
    for post_id in ("17", "18"):
        await apply(store, post_event("delete", post_id))
        age(tables, DAYS + 1)
        assert await expire(store) == 1
    rows = tables.rows("SELECT day, events, slowest_since_arrival FROM expired_events")
    assert [events for _, events, _ in rows] == [2]
    assert all(day.astimezone(UTC).hour == 0 and slowest > 0 for day, _, slowest in rows)


async def test_an_event_that_removed_a_post_stays(store: Store, tables: Tables) -> None:
    await write(store, [negative_tweet("17")])
    await apply(store, post_event("delete", "17"))
    age(tables, DAYS + 1)
    assert await expire(store) == 0
    assert subjects(tables) == 1


@pytest.mark.parametrize("event", [post_event("delete", "17"), author_event("user_delete")])
async def test_an_event_that_kept_a_post_out_stays(store: Store, tables: Tables, event) -> None:  # type: ignore[no-untyped-def]
    await apply(store, event)
    assert (await write(store, [positive_tweet("17")])).removed == 1
    age(tables, DAYS + 1)
    assert await expire(store) == 0
    assert (await write(store, [positive_tweet("17")])).removed == 1


async def test_what_a_person_erased_stays_out(store: Store, tables: Tables) -> None:
    await apply(store, by_hand(post_event("delete", "17")), by_hand(author_event("user_delete")))
    age(tables, DAYS + 1)
    assert await expire(store) == 0
    assert subjects(tables) == 2


async def test_an_event_whose_letters_still_wait_stays(store: Store, tables: Tables) -> None:
    await apply(store, post_event("delete", "17"))
    age(tables, DAYS + 1)
    tables.run("UPDATE compliance_events SET letters_done_at = NULL")
    assert await expire(store) == 0


async def test_a_newer_event_about_the_same_post_keeps_its_tombstone(store: Store, tables: Tables) -> None:
    await apply(store, post_event("delete", "17"))
    age(tables, DAYS + 1)
    await apply(store, post_event("delete", "17"))
    assert await expire(store) == 1
    assert subjects(tables) == 1
    assert (await write(store, [positive_tweet("17")])).removed == 1


async def test_many_events_go_a_few_at_a_time_by_an_index(
    store: Store, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    await apply(store, *(post_event("delete", str(number)) for number in range(5)))
    age(tables, DAYS + 1)
    monkeypatch.setattr(expiring, "AT_ONCE", 2)
    assert [await expire(store) for _ in range(4)] == [2, 2, 1, 0]
    assert tables.rows("SELECT events FROM expired_events") == [(5,)]
    tables.run("SET enable_seqscan = off")
    plan = tables.rows(
        "EXPLAIN SELECT id FROM compliance_events WHERE touched = '{}' AND left_out_at IS NULL "
        "AND done_at < now() ORDER BY done_at LIMIT 5"
    )
    assert "ix_compliance_events_without_match" in str(plan)


async def test_one_process_removes_events_at_a_time(store: Store, tables: Tables) -> None:
    await apply(store, post_event("delete", "17"))
    age(tables, DAYS + 1)
    with tables.connection.transaction():
        assert tables.rows(expiring.TRY_LOCK.text) == [(True,)]
        assert await expire(store) == 0
    assert await expire(store) == 1
