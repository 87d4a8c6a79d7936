"""The watch over the database and Redis: whether they answer, and how full the outbox is.

It changes nothing about the worker, which waits for both of them by itself. It is there for /ready and for
the metrics.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from monitor import metrics
from monitor.alerts import Publisher, read_outbox_state
from monitor.errors import MonitorError
from monitor.settings import DatabaseSettings
from monitor.store import translate_driver_errors
from monitor.stream.stage_work import DATABASE
from monitor.stream.watch_rounds import repeat_check

INTERVAL: Final = 5.0
"""Seconds between two checks."""

ANSWER_TIMEOUT: Final = 5.0
"""Seconds until a server that does not answer counts as away."""

UNKNOWN: Final = float("nan")
"""The value of a metric that nobody can measure now."""


class DependencyWatch:
    """Asks the database and Redis whether they answer.

    Args:
        settings: of the database, for messages.
        engine: connections to the database; they belong to the caller.
        publisher: connections to Redis; they belong to the caller.
        missing_dependency: returns a dependency that a batch waits for, or None.
        clock: returns seconds.

    Attributes:
        database_problem: what the last check found, or None.
        redis_problem: what the last check found, or None.
    """

    def __init__(
        self,
        settings: DatabaseSettings,
        *,
        engine: AsyncEngine,
        publisher: Publisher,
        missing_dependency: Callable[[], str | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._publisher = publisher
        self._missing_dependency = missing_dependency
        self._clock = clock
        self._first_change: int | None = None
        self._first_seen = 0.0
        self.database_problem: str | None = "was not asked yet"
        self.redis_problem: str | None = "was not asked yet"

    async def run(self) -> None:
        """Check again and again until cancelled."""
        await repeat_check(self.check, pause=INTERVAL)

    async def check(self) -> None:
        """Check both once."""
        self.database_problem, self.redis_problem = await asyncio.gather(
            self._check_database(), self._check_redis()
        )

    async def _check_database(self) -> str | None:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._measure_outbox()
        except (MonitorError, TimeoutError):
            metrics.OUTBOX_ALERTS.set(UNKNOWN)
            metrics.OUTBOX_AGE.set(UNKNOWN)
            return "does not answer"
        return "does not take batches" if self._missing_dependency() == DATABASE else None

    async def _check_redis(self) -> str | None:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await self._publisher.require_answer()
        except (MonitorError, TimeoutError):
            return "does not answer"
        return None

    async def _measure_outbox(self) -> None:
        with translate_driver_errors(self._settings):
            async with self._engine.connect() as connection:
                state = await read_outbox_state(connection)
        if state.first != self._first_change:
            self._first_change, self._first_seen = state.first, self._clock()
        age = max(state.oldest_s, self._clock() - self._first_seen) if state.changes else 0.0
        metrics.OUTBOX_ALERTS.set(state.changes)
        metrics.OUTBOX_AGE.set(age)
