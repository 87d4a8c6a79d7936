"""The relay: publish the changes of alerts that wait in the outbox, and mark them as published."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC
from typing import Any, Final

import structlog
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor import metrics
from monitor.alerts.payload import RetractionPayload
from monitor.alerts.ports import AlertRevision, Publisher, PublishResult
from monitor.backoff import Backoff
from monitor.errors import MonitorError
from monitor.retrying import REDIS, OutageLog, Retries
from monitor.settings import Settings
from monitor.store import alert_outbox, translate_driver_errors
from monitor.tracing import span

log = structlog.get_logger()

BATCH_SIZE: Final = 200
"""Maximum number of alerts that one transaction publishes."""

LONGEST_PAUSE: Final = 30.0
"""Longest pause in seconds between attempts while the broker of alerts or Postgres is away."""

# A retracted alert keeps the id of its last entry, so that it can be retracted again in a restored Redis.
MARK: Final = text(
    "UPDATE alert_outbox AS t SET published_at = now(), entry_id = COALESCE(done.entry_id, t.entry_id) "
    "FROM unnest(CAST(:alert_ids AS text[]), CAST(:entry_ids AS text[])) AS done (alert_id, entry_id) "
    "WHERE t.alert_id = done.alert_id"
)


class Relay:
    """Publishes the alerts of the outbox, and retracts them. Any number of relays may share one outbox.

    A row is published first and marked second. After a crash between the two it is published again, and the
    publisher ignores a change that it knows.

    Use a relay from one event loop only. `close` closes the publisher; the engine belongs to the caller.
    """

    def __init__(self, settings: Settings, engine: AsyncEngine, publisher: Publisher) -> None:
        self._settings = settings.alerts
        self._database = settings.database
        self._engine = engine
        self._publisher = publisher
        self._retries = Retries(
            REDIS,
            Backoff(first=self._settings.relay_interval, longest=LONGEST_PAUSE, jitter=0.5),
            OutageLog(log, "alerts wait in the outbox", "alerts are published again"),
        )
        self._nudged = asyncio.Event()
        self._channel_refused = False

    async def publish_pending(self) -> int:
        """Publish and mark all waiting alerts, oldest first, and return how many were marked.

        Raises:
            MonitorError: the broker or Postgres is away or refuses; alerts published before that are marked.
        """
        total = 0
        while True:
            with translate_driver_errors(self._database):
                marked, error = await self._publish_batch()
            total += marked
            _end_if_cancelled()
            if error is not None:
                raise error
            if not marked:
                return total

    def nudge(self) -> None:
        """Wake `run`, because the outbox has new rows. Call it from the event loop of `run`."""
        self._nudged.set()

    async def run(self) -> None:
        """Publish at start, on every nudge and every `alerts.relay_interval` seconds, until cancelled.

        While the broker or Postgres is away, wait longer each time, and ignore nudges.
        """
        while True:
            await self._retries.repeat(self._publish_and_purge, on=MonitorError)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudged.wait(), self._settings.relay_interval)

    async def close(self) -> None:
        """Close the publisher."""
        await self._publisher.close()

    async def _publish_and_purge(self) -> None:
        self._nudged.clear()
        await self.publish_pending()
        await self._publisher.purge()
        _end_if_cancelled()

    async def _publish_batch(self) -> tuple[int, MonitorError | None]:
        async with self._engine.begin() as connection:
            waiting = (
                await connection.execute(
                    select(alert_outbox)
                    .where(alert_outbox.c.published_at.is_(None))
                    .order_by(alert_outbox.c.seq)
                    .limit(BATCH_SIZE)
                    .with_for_update(skip_locked=True)
                )
            ).all()
            if not waiting:
                return 0, None
            with span("publish alerts", {"ade.alerts": len(waiting)}):
                result = await self._publisher.publish([_revision_of(row) for row in waiting])
                await self._mark(connection, result)
        metrics.ALERTS_PUBLISHED.inc(len(result.stored))
        log.debug("alerts published", alerts=len(result.stored), refused=result.error is not None)
        return len(result.stored), result.error

    async def _mark(self, connection: AsyncConnection, result: PublishResult) -> None:
        if result.unannounced and not self._channel_refused:
            self._channel_refused = True
            log.warning("alerts are in the stream but not on the channel", channel=self._settings.channel)
        if result.stored:
            await connection.execute(
                MARK, {"alert_ids": list(result.stored), "entry_ids": list(result.stored.values())}
            )


def _end_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled and a library did not let it end.

    redis-py awaits `asyncio.wait_for`. In Python 3.11, that loses a cancellation that comes at the moment of
    the result.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _revision_of(row: Row[Any]) -> AlertRevision:
    if row.action == "publish":
        return AlertRevision(row.alert_id, row.revision, row.payload, entry_id=row.entry_id)
    retraction = RetractionPayload(
        alert_id=row.alert_id, retracted_at=row.retracted_at.astimezone(UTC), reason=row.reason
    )
    return AlertRevision(
        row.alert_id,
        row.revision,
        retraction.model_dump(mode="json"),
        retracts=True,
        entry_id=row.entry_id,
    )
