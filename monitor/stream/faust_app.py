"""The Faust app of the worker: it keeps nothing on disk, and its waits for batches in work have a limit."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final

import faust

from monitor.settings import KafkaSettings
from monitor.stream.byte_limits import ByteLimitedQueue
from monitor.stream.positions import PositionedTransport

NEVER: Final = 10 * 365 * 86_400.0
"""Seconds that the reader may pause. After that, aiokafka would leave the group and join it again at the next
poll. But Faust polls again only after the group was joined, so the worker would never read again."""

PAUSE: Final = 0.2
"""Seconds between two looks at what the batches in work wait for."""


def nothing_missing() -> str | None:
    """Return None: no dependency is known to be away."""
    return None


class MonitorApp(faust.App):  # type: ignore[misc] # Faust ships no usable types
    """A Faust app for the worker.

    Attributes:
        longest_wait: seconds to wait for batches in work, in a rebalance and at the end. Batches that are not
            written by then are read again.
        missing_dependency: returns a dependency that batches in work wait for, or None. The app does not wait
            for such batches: the rest of the group could not read during an outage.
        buffer_bytes: bytes of messages that may wait for the agent.
        kafka_settings: the broker and the topic, for the consumer.
    """

    # Otherwise Faust logs under the name of this module, as if the event were ours.
    logger = logging.getLogger("faust.app")

    longest_wait: float = 10.0
    missing_dependency: Callable[[], str | None] = staticmethod(nothing_missing)
    buffer_bytes: int = 32 * 1024 * 1024
    kafka_settings: KafkaSettings

    def __init__(self, name: str, **options: Any) -> None:
        # Faust would take BROKER_URL, PRODUCER_ACKS, APP_WEB_ENABLED and 77 more variables from the
        # environment, even if they are meant for other programs, and prefer them to our options.
        super().__init__(name, env={}, **options)

    def FlowControlQueue(  # noqa: N802 - the name is Faust's
        self, maxsize: int | None = None, *, clear_on_resume: bool = False
    ) -> ByteLimitedQueue:
        """Return the queue of a channel, with a limit of bytes."""
        return ByteLimitedQueue(
            max_bytes=self.buffer_bytes,
            maxsize=maxsize or 0,
            flow_control=self.flow_control,
            clear_on_resume=clear_on_resume,
        )

    def _new_transport(self) -> PositionedTransport:
        return PositionedTransport(self.conf.broker_consumer, self)

    def _create_directories(self) -> None:
        """Leave the working directory alone: there are no tables to keep."""

    async def _consumer_wait_empty(self, consumer: Any, logger: Any) -> None:
        """Wait until all batches in work are written and acknowledged, with a limit."""
        waiting = asyncio.create_task(super()._consumer_wait_empty(consumer, logger))
        deadline = time.monotonic() + self.longest_wait
        try:
            while not waiting.done() and not self.missing_dependency() and time.monotonic() < deadline:
                await asyncio.wait([waiting], timeout=PAUSE)
        finally:
            if not waiting.done():
                waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
