"""The watch over the stages: a batch that gets no result is in the log, and later ends the process.

A model that hangs raises nothing, so nothing else would notice it. The next worker reads the batch again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from monitor.errors import FatalError, MonitorError
from monitor.stream.stage_work import WorkInStages
from monitor.stream.watch_rounds import repeat_check

log = structlog.get_logger()

CHECK_INTERVAL: Final = 5.0
"""Seconds between two checks."""

SLOW_AFTER: Final = 30.0
"""Seconds of a batch in a stage, after which the log says so, and between two such lines."""


class StageWatch:
    """Ends the process if a stage has worked on a batch for too long.

    A batch that waits for the database does not count: `outages` logs that. Nor does one that waits for
    another batch, which counts itself. Nor does one while the broker is away, since a stage may wait for it.

    Args:
        work: the batches in stages.
        timeout: seconds of a batch in a stage, after which the process ends.
        fail: ends the process with an error.
        require_broker: raises an error if the broker is away. Blocking.
        clock: returns seconds.

    Attributes:
        stall: what the last check found, or None if no batch is too slow.
    """

    def __init__(
        self,
        work: WorkInStages,
        *,
        timeout: float,
        fail: Callable[[BaseException], Awaitable[None]],
        require_broker: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._timeout = timeout
        self._fail = fail
        self._require_broker = require_broker
        self._clock = clock
        self._logged_at = -SLOW_AFTER
        self.stall: str | None = None

    async def run(self) -> None:
        """Check again and again until cancelled."""
        await repeat_check(self.check, pause=min(CHECK_INTERVAL, self._timeout / 2))

    async def check(self) -> None:
        """Log a slow batch, and call `fail` if it is too slow."""
        slowest = self._work.slowest()
        now = self._clock()
        seconds = round(now - slowest.since, 1) if slowest else 0.0
        if slowest is None or seconds < min(SLOW_AFTER, self._timeout):
            self.stall = None
            return
        if await self._is_broker_away():
            self.stall = None
            self._work.restart_clock()  # the reader's watch logs that the broker is away
            return
        self.stall = f"{slowest.stage} has had no result for {seconds:g} s"
        if now - self._logged_at >= SLOW_AFTER:
            self._logged_at = now
            log.warning(
                "slow batch",
                stage=slowest.stage,
                batch=slowest.batch,
                problem=f"no result for {seconds:g} s; the process ends after {self._timeout:g} s",
            )
        if seconds >= self._timeout:
            await self._fail(
                FatalError(
                    f"the stage {slowest.stage} had no result for batch {slowest.batch} within {seconds:g} s",
                    "the batch is read again after a restart; if batches may take longer here, raise "
                    "worker.stall_timeout (ADE_WORKER__STALL_TIMEOUT)",
                )
            )

    async def _is_broker_away(self) -> bool:
        try:
            await asyncio.to_thread(self._require_broker)
        except MonitorError:
            return True
        except MemoryError:
            raise
        except Exception:
            log.exception("the broker could not be checked")  # and the batch hangs nevertheless
        return False
