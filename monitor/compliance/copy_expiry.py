"""The task that removes the keys of copies that are older than the window of `enrich.duplicate_window`."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from monitor.backoff import Backoff
from monitor.errors import MonitorError
from monitor.retrying import DATABASE, OutageLog, Retries
from monitor.settings import Settings
from monitor.store import Store

log = structlog.get_logger()

INTERVAL: Final = 3_600.0
"""Seconds between two looks for such keys."""

FIRST_PAUSE: Final = 60.0
"""Seconds until the next attempt after a failure; later ones wait longer."""

PAUSE: Final = 1.0
"""Seconds between two transactions, so that the database has time for the batches."""


class CopyExpiry:
    """Removes keys by which no copy is recognized any more.

    They are removed even if copies are not looked for (`enrich.duplicates`): they may be from before.

    Args:
        settings: how long texts are remembered.
        store: has the keys. It belongs to the caller.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._days = settings.enrich.duplicate_window
        self._store = store

    async def run(self) -> None:
        """Remove them at the start and every `INTERVAL`, until cancelled. After a failure, try sooner."""
        backoff = Backoff(first=min(FIRST_PAUSE, INTERVAL), longest=INTERVAL, jitter=0.5)
        retries = Retries(DATABASE, backoff, OutageLog(log, "old keys of copies are removed later"))
        while True:
            removed = await retries.repeat(self.expire, on=MonitorError)
            if removed:
                log.info("old keys of copies removed", keys=removed, older_than_days=self._days)
            await asyncio.sleep(INTERVAL)

    async def expire(self) -> int:
        """Remove all that are due, some at a time, and return their number.

        Raises:
            MonitorError: the database is away or refuses.
        """
        total = 0
        while removed := await self._store.expire_copy_keys(days=self._days):
            total += removed
            await asyncio.sleep(PAUSE)
        return total
