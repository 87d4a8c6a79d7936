"""Limits the bytes of the messages that wait for a batch, and those of a batch.

Faust limits their number only: 1,024 messages are 300 kB or 1 GB.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from mode.utils.queues import ThrowableQueue

SHARE: Final = 8
"""A micro-batch, and a poll of the consumer, may have this part of the bytes that may wait: about ten batches
are in work at the same time."""


def share_of(buffer_bytes: int) -> int:
    """Return the most bytes of a micro-batch, and of a poll."""
    return max(1, buffer_bytes // SHARE)


class ByteLimitedQueue(ThrowableQueue):  # type: ignore[misc] # mode ships no usable types
    """A queue of Faust's events that is full at a number of events or of bytes. One event always has a place.

    Args:
        max_bytes: bytes of keys and values from which on the queue is full.
        options: those of Faust's own queue.
    """

    def __init__(self, *, max_bytes: int, **options: Any) -> None:
        super().__init__(**options)
        self.max_bytes = max_bytes
        self.waiting_bytes = 0

    def full(self) -> bool:
        """Return True if producers have to wait."""
        return bool(super().full()) or self.waiting_bytes >= self.max_bytes

    def clear(self) -> None:
        """Remove all events."""
        super().clear()
        self.waiting_bytes = 0

    def _put(self, item: Any) -> None:
        super()._put(item)
        self.waiting_bytes += _bytes_of(item.message.value) + _bytes_of(item.message.key)

    def _get(self) -> Any:
        item = super()._get()
        self.waiting_bytes -= _bytes_of(item.message.value) + _bytes_of(item.message.key)
        return item


class BatchGate:
    """Keeps messages out of a micro-batch that has enough bytes. Its batch wait then ends it.

    Args:
        max_bytes: most bytes of the values of a micro-batch with more than one message.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._admitted = 0
        self._opened = asyncio.Event()

    async def admit(self, value: bytes | None) -> bytes | None:
        """Return the value of a message once its batch has room for it; a processor of Faust's stream."""
        size = _bytes_of(value)
        while self._admitted and self._admitted + size > self._max_bytes:
            self._opened.clear()
            await self._opened.wait()
        self._admitted += size
        return value

    def start_next(self) -> None:
        """Start the next micro-batch: the last one was passed on."""
        self._admitted = 0
        self._opened.set()


def _bytes_of(part: bytes | None) -> int:
    return len(part) if part else 0
