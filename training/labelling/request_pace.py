"""When the next request may be sent: a limit of requests per minute, and pauses that a server demands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


class RequestPace:
    """Makes requests wait for their turn. All requests to a server share one.

    Args:
        per_minute: limit of requests per minute; None for no limit.
        clock: returns seconds.
    """

    def __init__(self, per_minute: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._clock = clock
        self._next = self._held_until = 0.0

    async def turn(self) -> None:
        """Wait until a request may be sent."""
        turn = max(self._clock(), self._next)
        self._next = turn + self._interval
        await self._sleep_until(turn)

    def hold(self, seconds: float) -> None:
        """Keep requests from starting for a number of seconds."""
        self._held_until = max(self._held_until, self._clock() + seconds)

    async def _sleep_until(self, turn: float) -> None:
        wait = max(turn, self._held_until) - self._clock()
        if wait > 0:
            await asyncio.sleep(wait)
            await self._sleep_until(turn)  # the server may have demanded a longer pause meanwhile


def retry_after(value: str | None, *, longest: float) -> float | None:
    """Return the seconds that a Retry-After header demands (RFC 9110, section 10.2.3).

    Args:
        value: of the header: a number of seconds, or a date; None if there is no such header.
        longest: limit of the result, in seconds.

    Returns:
        None if there is no header, or it has neither.
    """
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (date - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), longest) if seconds == seconds else None
