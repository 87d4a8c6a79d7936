"""The worker removes old keys of copies, so that their table does not grow for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from monitor.compliance import CopyExpiry
from monitor.errors import RetryableError
from monitor.settings import EnrichSettings, Settings
from monitor.store import Store, row_expiry
from tests.monitor.store.batches import Tables, positive_tweet, write


@pytest.fixture
async def store(migrated: Settings) -> AsyncIterator[Store]:
    """A store that looks for copies."""
    store = Store(migrated.model_copy(update={"enrich": EnrichSettings()}))
    yield store
    await store.close()


async def test_old_keys_go_and_an_outage_only_delays_that(
    store: Store, tables: Tables, migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_expiry, "PAUSE", 0)
    monkeypatch.setattr(row_expiry, "INTERVAL", 0.01)
    days = migrated.enrich.duplicate_window
    await write(store, [positive_tweet("1"), positive_tweet("2")])
    tables.run(f"UPDATE copy_keys SET seen_at = seen_at - interval '{days + 1} days' WHERE first_id = '1'")
    working, failures = store.expire_copy_keys, iter([RetryableError("the database is away")])

    async def fail_once(**options: int) -> int:
        for failure in failures:
            raise failure
        return await working(**options)

    monkeypatch.setattr(store, "expire_copy_keys", fail_once)
    task = asyncio.create_task(CopyExpiry(migrated, store).run())
    async with asyncio.timeout(30):
        while tables.rows("SELECT 1 FROM copy_keys WHERE first_id = '1'"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert tables.rows("SELECT DISTINCT first_id FROM copy_keys") == [("2",)]
