"""The task that keeps the statistics of tables with months: autovacuum only makes those of each partition."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.backoff import Backoff
from monitor.errors import MonitorError
from monitor.retrying import DATABASE, OutageLog, Retries
from monitor.settings import DatabaseSettings
from monitor.store.driver_errors import translate_driver_errors

log = structlog.get_logger()

INTERVAL: Final = 6 * 3_600.0
"""Seconds between two times."""

FIRST_PAUSE: Final = 60.0
"""Seconds until the next attempt after a failure; later ones wait longer."""

# Another worker may do it at this moment. "ade-stat" in ASCII.
_LOCK: Final = 0x6164652D73746174
ANALYZE: Final = text(f"SELECT CASE WHEN pg_try_advisory_xact_lock({_LOCK}) THEN analyze_months() END")


class MonthStatistics:
    """Makes the statistics from time to time.

    Args:
        settings: name the database in messages.
        engine: whose login may call `analyze_months`: a worker's may.
    """

    def __init__(self, settings: DatabaseSettings, engine: AsyncEngine) -> None:
        self._settings = settings
        self._engine = engine

    async def run(self) -> None:
        """Make them at the start and every `INTERVAL`, until cancelled. After a failure, try sooner."""
        backoff = Backoff(first=FIRST_PAUSE, longest=INTERVAL, jitter=0.5)
        retries = Retries(DATABASE, backoff, OutageLog(log, "statistics of the tables are made later"))
        while True:
            await retries.repeat(self.make, on=MonitorError)
            await asyncio.sleep(INTERVAL)

    async def make(self) -> None:
        """Make the statistics of all tables with months.

        Raises:
            MonitorError: the database is away or refuses.
        """
        with translate_driver_errors(self._settings):
            async with self._engine.begin() as connection:
                await connection.execute(ANALYZE)
