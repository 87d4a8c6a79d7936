"""The relay publishes every alert once, even if a relay or a server fails."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import redis
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from monitor.alerts import AlertRevision, PublishResult, Relay, parse_retraction
from monitor.alerts.redis.purging import unpurged_key
from monitor.alerts.relay import LONGEST_PAUSE
from monitor.settings import Settings
from monitor.store import async_engine
from tests.monitor.alerts.conftest import Fill
from tests.monitor.alerts.dying_relay import BEFORE_PUBLISHING, STEPS
from tests.monitor.alerts.payloads import STREAM
from tests.monitor.alerts.relays import (
    open_relay,
    published,
    retract_in_outbox,
    retracted,
    running,
    unpublished,
    wait_until,
    with_alerts,
)
from tests.monitor.alerts.valkeys import RestartableValkey
from tests.processes import run_program

NEVER = 3600.0  # seconds; an interval that no test waits for

UNLOCKED = "SELECT 1 FROM alert_outbox WHERE published_at IS NULL FOR UPDATE SKIP LOCKED"


async def run_dying_relay(settings: Settings, step: str) -> None:
    """Publish what waits in a process that is killed at a step."""
    ended = await asyncio.to_thread(run_program, "tests.monitor.alerts.dying_relay", step, settings=settings)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


async def test_alerts_are_published_in_order_and_marked(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], client: redis.Redis
) -> None:
    ids = fill(450)
    async with open_relay(migrated, engine) as relay:
        assert await relay.publish_pending() == 450
        assert await relay.publish_pending() == 0
    assert published(client) == ids
    assert unpublished(outbox) == 0


async def test_the_outbox_names_the_entry_of_each_published_alert(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], client: redis.Redis
) -> None:
    ids = fill(3)
    async with open_relay(migrated, engine) as relay:
        await relay.publish_pending()
    rows = outbox.execute("SELECT alert_id, entry_id FROM alert_outbox").fetchall()
    entries = {fields["alert_id"]: entry_id for entry_id, fields in client.xrange(STREAM)}  # type: ignore[union-attr]
    assert dict(rows) == entries
    assert sorted(entries) == ids


async def test_a_retraction_leaves_the_outbox_like_an_alert(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], client: redis.Redis
) -> None:
    ids = fill(3)
    async with open_relay(migrated, engine) as relay:
        await relay.publish_pending()
        retract_in_outbox(outbox, ids[1])
        assert await relay.publish_pending() == 1
        assert await relay.publish_pending() == 0
    assert published(client) == [ids[0], ids[2]]
    assert retracted(client) == [ids[1]]
    *_, (_, fields) = client.xrange(STREAM)  # type: ignore[misc]
    retraction = parse_retraction(fields["retracted"])
    assert (retraction.alert_id, retraction.reason) == (ids[1], "deleted")
    assert retraction.retracted_at.utcoffset() == timedelta(0)


async def test_an_alert_can_be_retracted_again_in_a_redis_that_was_restored(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], client: redis.Redis
) -> None:
    [alert_id] = fill(1)
    async with open_relay(migrated, engine) as relay:
        await relay.publish_pending()
        backup = client.dump(STREAM)
        retract_in_outbox(outbox, alert_id)
        await relay.publish_pending()
        client.flushall()
        client.restore(STREAM, 0, backup)
        outbox.execute("UPDATE alert_outbox SET published_at = NULL WHERE action = 'retract'")
        await relay.publish_pending()
    assert (published(client), retracted(client)) == ([], [alert_id])


async def test_an_alert_that_is_retracted_before_it_was_published_is_never_seen(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], client: redis.Redis
) -> None:
    [alert_id] = fill(1)
    retract_in_outbox(outbox, alert_id)
    async with open_relay(migrated, engine) as relay:
        assert await relay.publish_pending() == 1
    assert (published(client), retracted(client)) == ([], [])
    assert unpublished(outbox) == 0


@pytest.mark.parametrize("when", STEPS)
async def test_a_killed_relay_loses_and_repeats_no_retraction(
    when: str,
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    outbox: psycopg.Connection[Any],
    client: redis.Redis,
) -> None:
    ids = fill(3)
    async with open_relay(migrated, engine) as relay:
        await relay.publish_pending()
        retract_in_outbox(outbox, ids[0])
        await run_dying_relay(migrated, when)
        assert retracted(client) == ([] if when == BEFORE_PUBLISHING else [ids[0]])
        await wait_until(lambda: len(outbox.execute(UNLOCKED).fetchall()) == 1)
        assert await relay.publish_pending() == 1
    assert (published(client), retracted(client)) == (ids[1:], [ids[0]])
    assert unpublished(outbox) == 0


async def test_a_running_relay_purges_the_files_of_redis(
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    outbox: psycopg.Connection[Any],
    valkey: RestartableValkey,
) -> None:
    [alert_id, _] = fill(2)
    settings = valkey.settings(with_alerts(migrated, relay_interval=0.05))
    with valkey.client() as client:
        client.config_set("rdbcompression", "no")
        async with open_relay(settings, engine) as relay, running(relay):
            await wait_until(lambda: len(published(client)) == 2)
            # In a thread: the relay may hold the row's lock, and needs the event loop to let it go.
            await asyncio.to_thread(retract_in_outbox, outbox, alert_id)
            await wait_until(lambda: retracted(client) == [alert_id])
            await wait_until(lambda: client.exists(unpurged_key(STREAM)) == 0)


@pytest.mark.parametrize("when", STEPS)
async def test_a_killed_relay_loses_and_repeats_no_alert(
    when: str,
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    outbox: psycopg.Connection[Any],
    client: redis.Redis,
) -> None:
    ids = fill(20)
    await run_dying_relay(migrated, when)
    assert published(client) == ([] if when == BEFORE_PUBLISHING else ids)
    # The server needs a moment to notice that the killed client is gone, and to unlock its rows.
    await wait_until(lambda: len(outbox.execute(UNLOCKED).fetchall()) == 20)
    async with open_relay(migrated, engine) as relay:
        assert await relay.publish_pending() == 20
    assert published(client) == ids
    assert unpublished(outbox) == 0


async def test_relays_that_share_an_outbox_publish_each_alert_once(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], client: redis.Redis
) -> None:
    ids = fill(900)
    second_engine = async_engine(migrated.database)
    async with open_relay(migrated, engine) as first, open_relay(migrated, second_engine) as second:
        relays = (first, second, first, second)
        counts = await asyncio.gather(*(relay.publish_pending() for relay in relays))
    await second_engine.dispose()
    assert sum(counts) == 900
    assert sorted(published(client)) == ids
    assert unpublished(outbox) == 0


async def test_a_running_relay_publishes_at_its_start_and_after_a_nudge(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any]
) -> None:
    fill(1)
    async with open_relay(with_alerts(migrated, relay_interval=NEVER), engine) as relay, running(relay):
        await wait_until(lambda: unpublished(outbox) == 0)
        await asyncio.to_thread(outbox.execute, "UPDATE alert_outbox SET published_at = NULL")
        relay.nudge()
        await wait_until(lambda: unpublished(outbox) == 0)


async def test_a_running_relay_publishes_at_its_interval(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any]
) -> None:
    async with open_relay(with_alerts(migrated, relay_interval=0.1), engine) as relay, running(relay):
        fill(1)
        await wait_until(lambda: unpublished(outbox) == 0)


async def test_an_outage_of_redis_is_logged_once_and_loses_no_alert(
    migrated: Settings,
    engine: AsyncEngine,
    fill: Fill,
    outbox: psycopg.Connection[Any],
    valkey: RestartableValkey,
) -> None:
    valkey.stop()
    ids = fill(5)
    settings = valkey.settings(with_alerts(migrated, relay_interval=0.05))
    with capture_logs() as logs:
        async with open_relay(settings, engine) as relay, running(relay):
            await wait_until(lambda: bool(logs))
            await asyncio.sleep(0.5)
            assert unpublished(outbox) == 5
            valkey.start()
            await wait_until(lambda: unpublished(outbox) == 0)
            await wait_until(lambda: logs[-1]["log_level"] == "info")
    assert [entry["log_level"] for entry in logs if entry["log_level"] != "debug"] == ["warning", "info"]
    with valkey.client() as client:
        assert published(client) == ids


async def test_pauses_grow_during_an_outage_and_start_over_after_it(
    migrated: Settings, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    failures = iter([True] * 3 + [False] + [True] * 2)

    async def sleep(pause: float) -> None:
        pauses.append(pause)

    async with open_relay(with_alerts(migrated, relay_interval=10), engine) as relay:

        async def publish_pending() -> int:
            from monitor.errors import RetryableError

            try:
                failing = next(failures)
            except StopIteration:
                raise asyncio.CancelledError from None
            if failing:
                raise RetryableError("Redis is away")
            relay.nudge()
            return 0

        monkeypatch.setattr(relay, "publish_pending", publish_pending)
        monkeypatch.setattr("monitor.alerts.relay.asyncio.sleep", sleep)
        with pytest.raises(asyncio.CancelledError):
            await relay.run()
    longest_pauses = [10, 20, LONGEST_PAUSE, 10, 20]
    assert len(pauses) == len(longest_pauses)
    for pause, longest in zip(pauses, longest_pauses, strict=True):
        assert longest / 2 <= pause <= longest


class DeafPublisher:
    """A publisher in which a cancellation gets lost, as it can in a client library."""

    def __init__(self) -> None:
        self.waiting = asyncio.Event()

    async def publish(self, revisions: Sequence[AlertRevision]) -> PublishResult:
        await self._lose_a_cancellation()
        return PublishResult({revision.alert_id: None for revision in revisions})

    async def purge(self) -> None:
        await self._lose_a_cancellation()

    async def require_answer(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def _lose_a_cancellation(self) -> None:
        self.waiting.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(NEVER)


@pytest.mark.parametrize("alerts", [0, 1])
async def test_a_relay_ends_even_if_its_publisher_loses_the_cancellation(
    alerts: int, migrated: Settings, engine: AsyncEngine, fill: Fill
) -> None:
    fill(alerts)
    publisher = DeafPublisher()
    task = asyncio.create_task(Relay(migrated, engine, publisher).run())
    await publisher.waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 30)


async def test_a_running_relay_continues_after_an_error_of_the_database(
    migrated: Settings, engine: AsyncEngine, fill: Fill, outbox: psycopg.Connection[Any], client: redis.Redis
) -> None:
    ids = fill(2)
    outbox.execute("ALTER TABLE alert_outbox RENAME TO away")
    with capture_logs() as logs:
        async with open_relay(with_alerts(migrated, relay_interval=0.05), engine) as relay, running(relay):
            await wait_until(lambda: bool(logs))
            await asyncio.to_thread(outbox.execute, "ALTER TABLE away RENAME TO alert_outbox")
            await wait_until(lambda: published(client) == ids)
