"""Until when everything of a stream has arrived, for streams whose signs of life carry no time.

While the broker is away, nobody reads the stream. What is read afterwards may have waited in buffers, and the
platform may have ended the connection long before. So the time of reading counts only for items that had to
be waited for. For all others, the time of the event counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final, TypeVar

from monitor.connect.live_source import Clock

Item = TypeVar("Item")

LIVE_AFTER: Final = 1.0
"""Seconds of waiting after which something is new, and not from a buffer."""


class ContactTime:
    """The time up to which everything has arrived; it never goes back.

    Attributes:
        at: that time, timezone-aware.
    """

    def __init__(self, at: datetime, clock: Clock, live_after: float = LIVE_AFTER) -> None:
        self.at = at
        self._clock = clock
        self._live_after = live_after
        self._is_live = False

    async def watch(self, items: AsyncIterator[Item]) -> AsyncIterator[Item]:
        """Yield all items, and measure how long each one was waited for."""
        loop = asyncio.get_running_loop()
        while True:
            requested_at = loop.time()
            try:
                item = await anext(items)
            except StopAsyncIteration:
                return
            self._is_live = loop.time() - requested_at >= self._live_after
            yield item

    def move(self, event_at: datetime | None = None) -> datetime:
        """Move to the time of the last item, and return it.

        Args:
            event_at: when the event happened; None for a sign of life without a time.
        """
        now = self._clock()
        if self._is_live:
            self.at = max(self.at, now)
        elif event_at is not None:
            self.at = max(self.at, min(event_at, now))
        return self.at
