"""What has arrived and is not on the topic yet, with a bound on its memory."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Final

from monitor.connect.live_source import Position
from monitor.feed import PostMessage

MAX_BYTES: Final = 16 * 1_048_576
"""Number of bytes of messages that may wait for the broker."""

MAX_ARRIVALS: Final = 20_000
"""Number of frames that may wait, including those without messages."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The messages of a frame, and the position of the platform once they are on the topic."""

    messages: tuple[PostMessage, ...]
    position: Position | None

    @property
    def size(self) -> int:
        """Number of bytes of the messages."""
        return sum(len(message.key) + len(message.value) for message in self.messages)


class Backlog:
    """A queue between reading and sending. `put` waits while it is full, so that the reader is held back."""

    def __init__(self, max_bytes: int = MAX_BYTES, max_arrivals: int = MAX_ARRIVALS) -> None:
        self._max_bytes = max_bytes
        self._max_arrivals = max_arrivals
        self._arrivals: deque[Arrival] = deque()
        self._bytes = 0
        self._closed = False
        self._changed = asyncio.Condition()

    def __len__(self) -> int:
        return len(self._arrivals)

    async def put(self, arrival: Arrival) -> None:
        """Add an arrival at the end, and wait for room first."""
        async with self._changed:
            await self._changed.wait_for(self._has_room)
            self._arrivals.append(arrival)
            self._bytes += arrival.size
            self._changed.notify_all()

    async def take(self, most: int) -> list[Arrival]:
        """Wait for arrivals, and return the oldest ones; an empty list means that no more will come.

        Args:
            most: number of messages after which to stop.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._arrivals or self._closed)
            taken: list[Arrival] = []
            messages = 0
            while self._arrivals and messages < most:
                arrival = self._arrivals.popleft()
                self._bytes -= arrival.size
                messages += len(arrival.messages)
                taken.append(arrival)
            self._changed.notify_all()
            return taken

    async def close(self) -> None:
        """End the queue: `take` returns what is left, and then empty lists."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _has_room(self) -> bool:
        return not self._arrivals or (
            self._bytes < self._max_bytes and len(self._arrivals) < self._max_arrivals
        )
