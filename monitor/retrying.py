"""Attempts that are repeated until they succeed: one way to wait, to count and to report for all parts.

Each failed attempt counts in the metric. An outage is in the log when it begins, once a minute while it
lasts, and when it ends. Every pause has a limit, and random jitter wherever a platform does not fix its
length.

tenacity and stamina would replace the loop of `repeat` only. They have no notion of an outage that begins
and ends, which is what the log, the terminal and the watches of the worker need, and half of the users here
do not call one function again: they reconnect a stream, or start a process. stamina's own instrumentation
would also log the arguments of the calls, which hold posts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from monitor.backoff import Backoff
from monitor.errors import RetryableError
from monitor.log_limits import INTERVAL
from monitor.metrics import RETRIES

BROKER: Final = "broker"
DATABASE: Final = "database"
PLATFORM: Final = "platform"
PROGRAM: Final = "program"
REDIS: Final = "redis"
ROUTE: Final = "route"
"""What an attempt needs: values of the metric's label `dependency`."""

Result = TypeVar("Result")
Errors = type[BaseException] | tuple[type[BaseException], ...]


@dataclass(slots=True)
class Outage:
    """Failed attempts in a row.

    Attributes:
        since: time of the first one, on the clock of its `Retries`.
        attempts: how many there were.
        reported: time of the last report.
    """

    since: float
    attempts: int = 0
    reported: float = float("-inf")


class OutageReport(Protocol):
    """Tells people about an outage."""

    def away(self, error: BaseException | None, outage: Outage, **fields: Any) -> None:
        """Report that attempts fail: at the first one, and then once in `INTERVAL`."""

    def back(self, away_s: float) -> None:
        """Report that an attempt succeeded after `away_s` seconds."""


@dataclass(frozen=True, slots=True)
class OutageLog:
    """Writes outages to the log.

    Attributes:
        log: logger of the module that waits.
        event: of the warning while attempts fail.
        end: of the line after them; empty for no line.
    """

    log: Any
    event: str
    end: str = ""

    def away(self, error: BaseException | None, outage: Outage, **fields: Any) -> None:
        """Log a warning."""
        self.log.warning(self.event, problem=str(error), attempts=outage.attempts, **fields)

    def back(self, away_s: float) -> None:
        """Log the end at level info."""
        if self.end:
            self.log.info(self.end, away_s=round(away_s, 1))


class Retries:
    """The attempts of one task at one thing.

    Args:
        dependency: what the attempts need, for the metric.
        backoff: the pauses between them.
        report: tells people about outages; None if the caller does.
        clock: returns seconds.
    """

    def __init__(
        self,
        dependency: str,
        backoff: Backoff,
        report: OutageReport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dependency = dependency
        self._backoff = backoff
        self._report = report
        self._clock = clock
        self._pauses: Iterator[float] = backoff.pauses()
        self._outage: Outage | None = None

    @property
    def failures(self) -> int:
        """Number of failed attempts since the last success."""
        return self._outage.attempts if self._outage else 0

    def failed(self, error: BaseException | None, *, pause: float | None = None, **fields: Any) -> float:
        """Count and report a failed attempt, and return the seconds to wait before the next one.

        Args:
            error: why it failed.
            pause: seconds, if the other side says how long to wait; None for the next pause of the backoff.
            fields: more for the log.
        """
        now = self._clock()
        self._outage = outage = self._outage or Outage(now)
        outage.attempts += 1
        seconds = next(self._pauses) if pause is None else pause
        RETRIES.labels(dependency=self._dependency).inc()
        if self._report and now - outage.reported >= INTERVAL:
            outage.reported = now
            self._report.away(error, outage, pause_s=round(seconds, 2), **fields)
        return seconds

    def succeeded(self) -> None:
        """Report the end of an outage, if there was one, and start over with short pauses."""
        if self._outage is None:
            return
        away_s, self._outage = self._clock() - self._outage.since, None
        self._pauses = self._backoff.pauses()
        if self._report:
            self._report.back(away_s)

    async def repeat(
        self,
        call: Callable[[], Awaitable[Result]],
        *,
        on: Errors = RetryableError,
        after: BaseException | None = None,
        sleep: Callable[[float], Awaitable[None]] | None = None,
    ) -> Result:
        """Return the result of a call, which is repeated until it succeeds or the task is cancelled.

        Args:
            call: makes an attempt.
            on: errors after which another attempt may succeed; all others are raised.
            after: error of an attempt that the caller has made; the first one here follows after a pause.
            sleep: waits; `asyncio.sleep` by default.
        """
        pause = None if after is None else self.failed(after)
        while True:
            if pause is not None:
                await (sleep or asyncio.sleep)(pause)
            try:
                result = await call()
            except on as error:
                pause = self.failed(error)
            else:
                self.succeeded()
                return result

    def repeat_blocking(
        self, call: Callable[[], Result], *, on: Errors = RetryableError, give_up_after: float = float("inf")
    ) -> Result:
        """Return the result of a call, which is repeated until it succeeds or a signal raises an error.

        Args:
            call: makes an attempt.
            on: errors after which another attempt may succeed; all others are raised.
            give_up_after: seconds of failures after which the error of the last attempt is raised.
        """
        started = self._clock()
        while True:
            try:
                result = call()
            except on as error:
                if self._clock() - started >= give_up_after:
                    raise
                pause = self.failed(error)
            else:
                self.succeeded()
                return result
            time.sleep(pause)
