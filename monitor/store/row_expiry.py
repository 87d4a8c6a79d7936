"""What removes rows that are over, some at a time, as long as a worker runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from monitor.backoff import Backoff
from monitor.errors import MonitorError
from monitor.retrying import DATABASE, OutageLog, Retries

log = structlog.get_logger()

INTERVAL: Final = 3_600.0
"""Seconds between two looks for such rows."""

FIRST_PAUSE: Final = 60.0
"""Seconds until the next attempt after a failure; later ones wait longer."""

PAUSE: Final = 1.0
"""Seconds between two transactions, so that the database has time for the batches."""


class RowExpiry:
    """Removes rows that are over.

    Args:
        expire_some: removes some in a transaction, and returns their number; 0 if none are left.
        postponed: what the log says while the database is away.
        report: gets the number of rows after each look that found some.
    """

    def __init__(
        self,
        expire_some: Callable[[], Awaitable[int]],
        *,
        postponed: str,
        report: Callable[[int], None] | None = None,
    ) -> None:
        self._expire_some = expire_some
        self._postponed = postponed
        self._report = report

    async def run(self) -> None:
        """Remove them at the start and every `INTERVAL`, until cancelled. After a failure, try sooner."""
        backoff = Backoff(first=min(FIRST_PAUSE, INTERVAL), longest=INTERVAL, jitter=0.5)
        retries = Retries(DATABASE, backoff, OutageLog(log, self._postponed))
        while True:
            removed = await retries.repeat(self.expire, on=MonitorError)
            if removed and self._report is not None:
                self._report(removed)
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
