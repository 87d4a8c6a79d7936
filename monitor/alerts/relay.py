"""From the outbox in Postgres to the stream in Redis, whatever dies in between."""

from __future__ import annotations

import asyncio
import contextlib

import structlog
from redis.exceptions import RedisError
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.alerts.redis.connection import connect_async, explained, place_of
from monitor.alerts.redis.publishing import Published, publish
from monitor.errors import MonitorError
from monitor.settings import Settings
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.tables import alert_outbox

log = structlog.get_logger()

ROWS = 200
"""Alerts that one transaction publishes, at most."""

LONGEST_PAUSE = 30.0
"""Seconds between two tries while Redis or Postgres is away, at most."""


class Relay:
    """Publishes what the outbox holds; any number of relays may share one outbox.

    A row is published first and marked second, so that a crash in between publishes again: the Lua script
    knows the alert then, for `alerts.seen_ttl` seconds, and adds nothing.

    All of it belongs to one event loop; the engine stays the caller's to dispose of.
    """

    def __init__(self, settings: Settings, engine: AsyncEngine) -> None:
        self._settings = settings.alerts
        self._database = settings.database
        self._engine = engine
        self._client = connect_async(settings.redis)
        self._place = place_of(settings.redis)
        self._nudged = asyncio.Event()
        self._hint_refused = False

    async def publish_pending(self) -> int:
        """Publish and mark everything that waits, oldest first.

        Returns:
            the number of alerts that were marked.

        Raises:
            MonitorError: Redis or Postgres is away or refuses; what was published until then is marked.
        """
        total = 0
        while True:
            try:
                with translate_driver_errors(self._database):
                    marked, error = await self._publish_some()
            except RedisError as problem:
                raise explained(problem, self._place) from problem
            total += marked
            if error is not None:
                raise explained(error, self._place) from error
            if not marked:
                return total

    def nudge(self) -> None:
        """Say that the outbox has new rows; call it from the event loop of `run`."""
        self._nudged.set()

    async def run(self) -> None:
        """Publish at start, on every nudge and every `alerts.relay_interval`, until cancelled.

        While Redis or Postgres is away it says so once, waits longer each time, and takes no nudge.
        """
        failures = 0
        while True:
            self._nudged.clear()
            try:
                await self.publish_pending()
            except MonitorError as problem:
                if not failures:
                    log.warning("alerts wait in the outbox", problem=str(problem))
                pause = min(self._settings.relay_interval * 2**failures, LONGEST_PAUSE)
                failures = min(failures + 1, 16)
                await asyncio.sleep(pause)
                continue
            if failures:
                log.info("alerts are published again")
                failures = 0
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), self._settings.relay_interval)

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self._client.aclose()

    async def _publish_some(self) -> tuple[int, RedisError | None]:
        async with self._engine.begin() as connection:
            waiting = (
                await connection.execute(
                    select(alert_outbox.c.alert_id, alert_outbox.c.payload)
                    .where(alert_outbox.c.published_at.is_(None))
                    .order_by(alert_outbox.c.seq)
                    .limit(ROWS)
                    .with_for_update(skip_locked=True)
                )
            ).all()
            if not waiting:
                return 0, None
            outcome = await publish(
                self._client, self._settings, [(row.alert_id, row.payload) for row in waiting]
            )
            await self._mark(connection, outcome)
        log.debug("alerts published", alerts=len(outcome.in_stream), refused=outcome.error is not None)
        return len(outcome.in_stream), outcome.error

    async def _mark(self, connection: AsyncConnection, outcome: Published) -> None:
        if outcome.untold and not self._hint_refused:
            self._hint_refused = True
            log.warning("alerts are in the stream but not on the channel", channel=self._settings.channel)
        if outcome.in_stream:
            await connection.execute(
                update(alert_outbox)
                .where(alert_outbox.c.alert_id.in_(outcome.in_stream))
                .values(published_at=func.now())
            )
