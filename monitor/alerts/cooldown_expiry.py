"""The task that removes cooldowns that are over: they only take up space."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.backoff import Backoff
from monitor.errors import MonitorError
from monitor.retrying import DATABASE, OutageLog, Retries
from monitor.settings import DatabaseSettings
from monitor.store import translate_driver_errors
from monitor.store.cooldowns import expire_cooldowns

log = structlog.get_logger()

INTERVAL: Final = 3_600.0
"""Seconds between two looks for such cooldowns."""

FIRST_PAUSE: Final = 60.0
"""Seconds until the next attempt after a failure; later ones wait longer."""

PAUSE: Final = 1.0
"""Seconds between two transactions, so that the database has time for the batches."""


class CooldownExpiry:
    """Removes the rows of cooldowns that are over.

    Args:
        settings: the database, for messages.
        engine: its connections. They belong to the caller.
    """

    def __init__(self, settings: DatabaseSettings, engine: AsyncEngine) -> None:
        self._settings = settings
        self._engine = engine

    async def run(self) -> None:
        """Remove them at the start and every `INTERVAL`, until cancelled. After a failure, try sooner."""
        backoff = Backoff(first=FIRST_PAUSE, longest=INTERVAL, jitter=0.5)
        retries = Retries(DATABASE, backoff, OutageLog(log, "cooldowns that are over are removed later"))
        while True:
            await retries.repeat(self.expire, on=MonitorError)
            await asyncio.sleep(INTERVAL)

    async def expire(self) -> int:
        """Remove all that are over, some at a time, and return their number.

        Raises:
            MonitorError: the database is away or refuses.
        """
        total = 0
        while removed := await self._expire_some():
            total += removed
            await asyncio.sleep(PAUSE)
        return total

    async def _expire_some(self) -> int:
        with translate_driver_errors(self._settings):
            async with self._engine.begin() as connection:
                return await expire_cooldowns(connection)
