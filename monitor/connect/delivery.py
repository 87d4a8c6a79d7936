"""Send messages to the topic, and wait as long as the broker is away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from monitor.backoff import Backoff
from monitor.errors import MonitorError
from monitor.feed import PostMessage, Sender
from monitor.retrying import BROKER, OutageLog, Retries
from monitor.settings import KafkaSettings

log = structlog.get_logger()

BROKER_PAUSES: Final = Backoff(first=0.5, longest=15.0, jitter=0.2)
"""Pauses between attempts to reach the broker."""

OUTAGES: Final = OutageLog(log, "the broker is away, waiting for it", "the broker is back")


class Delivery:
    """Sends messages so that each one is confirmed, in their order, through outages of the broker.

    Attributes:
        sent: messages that the broker has confirmed.
    """

    def __init__(
        self, kafka: KafkaSettings, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._kafka = kafka
        self._sleep = sleep
        self._sender: Sender | None = None
        self._retries = Retries(BROKER, BROKER_PAUSES, OUTAGES)
        self.sent = 0

    @property
    def is_broker_away(self) -> bool:
        """True while messages wait because the last attempt to send them failed."""
        return self._retries.failures > 0

    async def deliver(self, messages: Sequence[PostMessage]) -> None:
        """Send messages, and return once the broker has confirmed all of them.

        If the broker goes away meanwhile, all of them are sent again.

        Raises:
            MonitorError: the broker refuses, and waiting does not help.
        """
        if not messages:
            return
        await self._retries.repeat(lambda: _in_thread(lambda: self._send(messages)), sleep=self._sleep)
        self.sent += len(messages)

    async def close(self) -> None:
        """Close the connection to the broker."""
        await _in_thread(self._close)

    def _send(self, messages: Sequence[PostMessage]) -> None:
        try:
            if self._sender is None:
                self._sender = Sender(self._kafka)
            for message in messages:
                self._sender.send(message)
            self._sender.flush()
        except MonitorError:
            # A sender that failed once does not recover.
            self._close()
            raise

    def _close(self) -> None:
        sender, self._sender = self._sender, None
        if sender is not None:
            sender.__exit__(None, None, None)


async def _in_thread(work: Callable[[], None]) -> None:
    """Run blocking work in a thread of its own.

    It is a daemon thread: if the broker hangs while the process ends, the process does not wait for it. What
    was not confirmed is read from the platform again.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish(error: BaseException | None) -> None:
        if not done.done():
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

    def run() -> None:
        failure: BaseException | None = None
        try:
            work()
        except BaseException as error:
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish, failure)

    threading.Thread(target=run, name="delivery", daemon=True).start()
    await done
