"""A process as the watches of a worker see it: its clock, its broker, and the errors that would end it."""

from __future__ import annotations

from typing import Protocol

from structlog.testing import capture_logs

from monitor.errors import RetryableError
from tests.monitor.stream.clocks import Clock


class Watch(Protocol):
    """A watch, as far as these tests know it."""

    async def check(self) -> None:
        """Check once."""


class WatchedProcess:
    """A process without a watch yet; the tests of each watch set `watch`."""

    watch: Watch

    def __init__(self) -> None:
        self.clock = Clock()
        self.errors: list[BaseException] = []
        self.is_broker_away = False

    async def fail(self, error: BaseException) -> None:
        self.errors.append(error)

    def require_broker(self) -> None:
        if self.is_broker_away:
            raise RetryableError("no broker answers")

    async def check_at(self, seconds: float) -> list[str]:
        """Check at a time, and return the events that were logged."""
        self.clock.now = seconds
        with capture_logs() as logs:
            await self.watch.check()
        return [entry["event"] for entry in logs]
