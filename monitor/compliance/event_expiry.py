"""The task that removes events that matched nothing, `compliance.keep_unmatched` days after they came."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from monitor.backoff import Backoff
from monitor.compliance.compliance_report import ALLOWED_SECONDS
from monitor.errors import MonitorError
from monitor.retrying import DATABASE, OutageLog, Retries
from monitor.settings import Settings
from monitor.store import Store

log = structlog.get_logger()

INTERVAL: Final = 3_600.0
"""Seconds between two looks for such events."""

FIRST_PAUSE: Final = 60.0
"""Seconds until the next attempt after a failure; later ones wait longer."""

PAUSE: Final = 1.0
"""Seconds between two transactions, so that the database has time for the batches."""


class EventExpiry:
    """Removes the rows of events that matched nothing.

    Args:
        settings: how long they stay.
        store: has them. It belongs to the caller.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._days = settings.compliance.keep_unmatched
        self._store = store

    async def run(self) -> None:
        """Remove them at the start and every `INTERVAL`, until cancelled. With 0 days, return at once.

        After a failure, the next attempts are made sooner.
        """
        backoff = Backoff(first=min(FIRST_PAUSE, INTERVAL), longest=INTERVAL, jitter=0.5)
        retries = Retries(DATABASE, backoff, OutageLog(log, "events that matched nothing are removed later"))
        while self._days:
            removed = await retries.repeat(self.expire, on=MonitorError)
            if removed:
                log.info("events that matched nothing removed", events=removed, older_than_days=self._days)
            await asyncio.sleep(INTERVAL)

    async def expire(self) -> int:
        """Remove all that are due, a few at a time, and return their number.

        Raises:
            MonitorError: the database is away or refuses.
        """
        total = 0
        while removed := await self._store.expire_events(days=self._days, allowed_seconds=ALLOWED_SECONDS):
            total += removed
            await asyncio.sleep(PAUSE)
        return total
