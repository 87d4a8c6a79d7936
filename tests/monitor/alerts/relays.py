"""Relays for tests, and what they have published."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import redis
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.alerts import Relay
from monitor.alerts.redis import RedisPublisher
from monitor.settings import AlertSettings, Settings
from tests.monitor.alerts.payloads import STREAM


@asynccontextmanager
async def open_relay(settings: Settings, engine: AsyncEngine) -> AsyncIterator[Relay]:
    """Yield a relay that publishes to Redis, and close it."""
    relay = Relay(settings, engine, RedisPublisher(settings))
    yield relay
    await relay.close()


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    """Run the relay during the block."""
    task = asyncio.create_task(relay.run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def with_alerts(settings: Settings, **alerts: Any) -> Settings:
    """Return `settings` with these settings of alerts."""
    return settings.model_copy(update={"alerts": AlertSettings(**alerts)})


def published(client: redis.Redis, stream: str = STREAM) -> list[str]:
    """Return the ids of the alerts in the stream."""
    return [
        fields["alert_id"]
        for _, fields in client.xrange(stream)  # type: ignore[union-attr]
        if "alert" in fields
    ]


def retract_in_outbox(outbox: psycopg.Connection[Any], alert_id: str) -> None:
    """Retract an alert in the outbox, as a deletion does."""
    outbox.execute(
        "UPDATE alert_outbox SET payload = '{}', action = 'retract', reason = 'deleted', "
        "retracted_at = now(), revision = revision + 1, published_at = NULL WHERE alert_id = %s",
        [alert_id],
    )


def retracted(client: redis.Redis, stream: str = STREAM) -> list[str]:
    """Return the ids of the alerts that were retracted, in the order of the stream."""
    return [
        fields["alert_id"]
        for _, fields in client.xrange(stream)  # type: ignore[union-attr]
        if "retracted" in fields
    ]


def unpublished(outbox: psycopg.Connection[Any]) -> int:
    """Return how many alerts wait in the outbox."""
    row = outbox.execute("SELECT count(*) FROM alert_outbox WHERE published_at IS NULL").fetchone()
    assert row
    return int(row[0])


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until the condition is true, up to 30 seconds."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the condition depends on servers
            await asyncio.sleep(0.02)
