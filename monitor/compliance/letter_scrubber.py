"""The task that removes dead letters of deleted posts, some seconds after their deletion.

The audit says which events still wait for this. So a worker that starts goes on where another one was killed,
and a deletion by hand that did not reach the broker is finished by the next worker.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.backoff import Backoff
from monitor.deadletters import ScrubResult, scrub_letters
from monitor.errors import MonitorError
from monitor.retrying import BROKER, OutageLog, Retries
from monitor.settings import Settings
from monitor.store import async_engine, find_removed, translate_driver_errors

log = structlog.get_logger()

PAUSE: Final = 5.0
"""Seconds between a deletion and the scrub. Many deletions come together, and a scrub reads all letters."""

REST: Final = 20
"""The pause is at least so many times as long as the scrub before it, up to `LONGEST_REST`."""

LONGEST_REST: Final = 300.0
"""Seconds. A scrub may also take long because the broker did not answer, and the next one will be quicker."""

BACKOFF: Final = Backoff(first=PAUSE, longest=300.0, jitter=0.5)
"""Pauses between attempts while the broker or the database is away."""

OUTAGES: Final = OutageLog(
    log, "letters of deleted posts wait for their removal", "letters of deleted posts are removed again"
)

# "ade-scru" in ASCII. One scrub at a time, whatever process does it.
_LOCK: Final = 0x6164652D73637275

STAY_IDLE: Final = text("SET LOCAL idle_in_transaction_session_timeout = '15min'")
"""The transaction waits while the letters are read. It has no locks that others need."""

TRY_LOCK: Final = text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")

# Another topic has letters of its own, which its workers remove. An event by hand has no topic. Events get
# their numbers one transaction after the other, so none with a lower number can appear later.
LAST_WAITING: Final = text(
    """
    SELECT max(id) FROM compliance_events
    WHERE letters_done_at IS NULL AND (source NOT LIKE '%/%' OR split_part(source, '/', 1) = :topic)
    """
)

MARK: Final = text(
    """
    UPDATE compliance_events SET letters_done_at = now()
    WHERE letters_done_at IS NULL AND (source NOT LIKE '%/%' OR split_part(source, '/', 1) = :topic)
        AND id <= :last
    """
)


def pause_after(took: float) -> float:
    """Return the seconds from a nudge to the next scrub, if the scrub before it took `took` seconds."""
    return max(PAUSE, min(REST * took, LONGEST_REST))


class _StoppedError(MonitorError):
    """The worker ends while a scrub reads the letters."""


class LetterScrubber:
    """Removes dead letters of deleted posts and authors.

    Args:
        settings: the broker and its topics, and the database, which has the tombstones.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # A scrub of many letters may take minutes, and the batches need the connections of the pool.
        self._engine = async_engine(settings.database, pooled=False)
        self._nudged = asyncio.Event()

    def nudge(self) -> None:
        """Wake `run`, because posts were removed. Call it from the event loop of `run`."""
        self._nudged.set()

    async def run(self) -> None:
        """Scrub at the start, and some seconds after each nudge, until cancelled.

        While the broker or the database is away, wait longer each time.
        """
        retries = Retries(BROKER, BACKOFF, OUTAGES)
        while True:
            result, took = await retries.repeat(self._timed_scrub, on=MonitorError)
            if result is not None:
                await self._nudged.wait()
            # A scrub reads all letters. With many of them, it must take only a small part of the time.
            await asyncio.sleep(pause_after(took))

    async def _timed_scrub(self) -> tuple[ScrubResult | None, float]:
        self._nudged.clear()
        started = time.monotonic()
        return await self.scrub(), time.monotonic() - started

    async def scrub(self) -> ScrubResult | None:
        """Remove the letters of all removals that wait for it, and note that in the audit.

        Returns:
            What was removed; None if another process is doing it.

        Raises:
            MonitorError: the broker or the database is away or refuses.
        """
        with translate_driver_errors(self._settings.database):
            async with self._engine.begin() as connection:
                topic = {"topic": self._settings.kafka.topic}
                if (last := await connection.scalar(LAST_WAITING, topic)) is None:
                    return ScrubResult(0, 0)
                if not await connection.scalar(TRY_LOCK):
                    return None
                await connection.execute(STAY_IDLE)
                result = await self._scrub_in_thread(connection)
                await connection.execute(MARK, {"last": last, **topic})
        if result.removed:
            log.info("letters of deleted posts removed", removed=result.removed, letters=result.letters)
        return result

    async def _scrub_in_thread(self, connection: AsyncConnection) -> ScrubResult:
        """Scrub. `connection`, which is idle meanwhile, looks up the ids."""
        loop = asyncio.get_running_loop()
        stopped = threading.Event()

        def removed(ids: Sequence[str]) -> set[str]:
            if stopped.is_set():
                raise _StoppedError("the worker ends")
            return asyncio.run_coroutine_threadsafe(find_removed(connection, ids), loop).result()

        work = asyncio.ensure_future(asyncio.to_thread(scrub_letters, self._settings.kafka, removed))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            # A thread cannot be cancelled, but it ends at its next look-up. The lock must last until then.
            stopped.set()
            await asyncio.wait([work])
            work.exception()
            raise
