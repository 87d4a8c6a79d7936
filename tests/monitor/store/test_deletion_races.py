"""Deletions and posts that are written at the same time: no order of them leaves a deleted post."""

from __future__ import annotations

import asyncio
import random

import pytest
from sqlalchemy import text

from monitor.records import ComplianceEvent, EventKind
from monitor.settings import Settings
from monitor.store import AuditedEvent, Store
from monitor.store.statements import LOCK_FOR_WRITING
from tests.monitor.store.batches import Tables, positive_tweet, write
from tests.monitor.store.events import LATER, apply, author_event, post_event


@pytest.mark.parametrize("event", [post_event("delete", "17"), author_event("user_delete")])
async def test_a_deletion_waits_for_posts_that_are_being_written(
    store: Store, migrated: Settings, tables: Tables, event: AuditedEvent
) -> None:
    async with store.engine.begin() as connection:
        await connection.execute(LOCK_FOR_WRITING)
        deletion = asyncio.create_task(apply(store, event))
        await asyncio.to_thread(_wait_for_a_waiting_lock, tables)
        # The batch has looked for tombstones before, and found none.
        await connection.execute(
            text(
                "INSERT INTO tweets (tweet_id, posted_at, text, author_hash) SELECT '17', "
                "'2026-07-01T00:00:00Z', 'a secret', :author_hash"
            ),
            {"author_hash": _hash_of_author_7()},
        )
    [applied] = await deletion
    assert applied.touched["tweets"] == 1
    assert tables.rows("SELECT text FROM tweets") == [(None,)]


async def test_workers_that_write_and_delete_at_the_same_time_leave_nothing_of_deleted_posts(
    migrated: Settings, tables: Tables
) -> None:
    random_ = random.Random(7)
    numbers = range(300)
    deleted = random_.sample(numbers, 150)
    stores = [Store(migrated) for _ in range(3)]
    steps = [[str(number) for number in numbers] for _ in range(2)]
    for order in steps:
        random_.shuffle(order)

    async def post(store: Store, ids: list[str]) -> None:
        for first in range(0, len(ids), 10):
            await write(store, [positive_tweet(name) for name in ids[first : first + 10]])

    async def delete(store: Store) -> None:
        for first in range(0, len(deleted), 5):
            names = map(str, deleted[first : first + 5])
            events = [ComplianceEvent(EventKind.DELETE, name, None, LATER) for name in names]
            await store.apply_events(
                [AuditedEvent(event, f"tweets/0/{first}/{event.post_id}", LATER) for event in events]
            )

    await asyncio.gather(post(stores[0], steps[0]), post(stores[1], steps[1]), delete(stores[2]))
    for store in stores:
        await store.close()
    kept = {str(number) for number in numbers if number not in deleted}
    assert {name for (name,) in tables.rows("SELECT tweet_id FROM tweets WHERE erased_at IS NULL")} == kept
    assert tables.rows("SELECT count(*) FROM mentions") == [(len(kept),)]
    assert tables.rows("SELECT count(*) FROM compliance_events WHERE done_at IS NOT NULL") == [(150,)]
    assert tables.content()["counts"] == tables.recounted()


def _hash_of_author_7() -> str:
    from monitor.store.digests import author_hash

    return author_hash("author 7", b"a key for tests") or ""


def _wait_for_a_waiting_lock(tables: Tables) -> None:
    while not tables.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'"):
        pass
