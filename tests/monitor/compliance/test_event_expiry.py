"""The worker removes events that matched nothing, and the report still counts them."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import pytest
import structlog

from monitor.compliance import EventExpiry, read_compliance_report
from monitor.errors import RetryableError
from monitor.settings import ComplianceSettings, Settings
from monitor.store import Store, row_expiry
from tests.monitor.store.batches import Tables, positive_tweet, write
from tests.monitor.store.events import LATER, apply, author_event, post_event


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_expiry, "PAUSE", 0)


def keeping(settings: Settings, days: int) -> Settings:
    return settings.model_copy(update={"compliance": ComplianceSettings(keep_unmatched=days)})


def age(tables: Tables) -> None:
    """Make all events 31 days older, as if their dead letters had been removed."""
    tables.run(
        "UPDATE compliance_events SET letters_done_at = done_at, done_at = done_at - interval '31 days', "
        "received_at = received_at - interval '31 days', event_at = event_at - interval '31 days'"
    )


def left(tables: Tables) -> int:
    return int(tables.rows("SELECT count(*) FROM compliance_events")[0][0])


async def test_the_report_is_the_same_before_and_after_events_are_removed(
    store: Store, tables: Tables, migrated: Settings
) -> None:
    await write(store, [positive_tweet("17")])
    await apply(
        store, post_event("delete", "17"), post_event("delete", "18"), author_event("user_delete", "9")
    )
    age(tables)
    await apply(store, post_event("delete", "19"))
    before = await asyncio.to_thread(read_compliance_report, migrated)
    assert await EventExpiry(migrated, store).expire() == 2
    after = await asyncio.to_thread(read_compliance_report, migrated)
    assert left(tables) == 2
    assert after.events == before.events
    assert [(event.event, event.events) for event in after.events] == [("delete", 3), ("user_delete", 1)]
    assert (before.tombstones, after.tombstones) == (4, 2)
    recent = await asyncio.to_thread(read_compliance_report, migrated, LATER)
    assert [asdict(event)["events"] for event in recent.events] == [1]


async def test_with_zero_days_events_stay_for_ever(store: Store, tables: Tables, migrated: Settings) -> None:
    await apply(store, post_event("delete", "18"))
    age(tables)
    await asyncio.wait_for(EventExpiry(keeping(migrated, 0), store).run(), 10)
    assert left(tables) == 1


async def test_the_task_goes_on_after_an_outage_of_the_database(
    store: Store, tables: Tables, migrated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await apply(store, post_event("delete", "18"))
    age(tables)
    monkeypatch.setattr(row_expiry, "INTERVAL", 0.01)
    working = store.expire_events
    failures = iter([RetryableError("the database is away")])

    async def fail_once(**options: int) -> int:
        for failure in failures:
            raise failure
        return await working(**options)

    monkeypatch.setattr(store, "expire_events", fail_once)
    with structlog.testing.capture_logs() as logs:
        task = asyncio.create_task(EventExpiry(migrated, store).run())
        async with asyncio.timeout(30):
            while left(tables):  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [log["log_level"] for log in logs[:1]] == ["warning"]
