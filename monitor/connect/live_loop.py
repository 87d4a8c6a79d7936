"""The loop that all connectors share: connect → frames → filter → topic, and then the position to the disk.

A position is saved only after the broker has confirmed every message before it. So a kill loses nothing: the
next process continues at the saved position, and some posts come twice, which does no harm.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from monitor.connect.activity import Activity
from monitor.connect.backlog import Arrival, Backlog
from monitor.connect.delivery import Delivery
from monitor.connect.errors import ConnectionLostError
from monitor.connect.live_source import Clock, Frame, LiveSource, Position, utc_now
from monitor.connect.reconnecting import ReconnectPauses
from monitor.connect.state_file import StateFile
from monitor.connect.unreadable import UnreadableFrames
from monitor.errors import PoisonError
from monitor.feed import PostMessage, message_of
from monitor.ingest import Item, read_items
from monitor.ingest.sources import source_named
from monitor.records import ComplianceEvent, Post
from monitor.retrying import PLATFORM, OutageLog, Retries

log = structlog.get_logger()

OUTAGES: Final = OutageLog(log, "connection lost")

BATCH: Final = 1_000
"""Number of messages that are sent and confirmed together."""

SAVE_INTERVAL: Final = 1.0
"""Seconds between two writes of the position."""

STOP_TIMEOUT: Final = 5.0
"""Seconds that the last messages may take after a signal; what is not confirmed by then is read again."""

Passes = Callable[[Post | ComplianceEvent], bool]
"""Returns True for an item that goes to the topic."""


@dataclass(frozen=True)
class LoopOptions:
    """What the loop takes from outside.

    Attributes:
        passes: the filter.
        stop_timeout: see `STOP_TIMEOUT`.
        save_interval: see `SAVE_INTERVAL`.
        sleep: waits between two attempts.
        clock: returns the current time.
    """

    passes: Passes = lambda item: True
    stop_timeout: float = STOP_TIMEOUT
    save_interval: float = SAVE_INTERVAL
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Clock = utc_now


@dataclass
class LiveLoop:
    """One source, the topic, and everything between them.

    Attributes:
        source: the platform.
        delivery: sends messages to the topic.
        state: the position on disk.
        unreadable: takes the frames that cannot be read.
        options: see `LoopOptions`.
        activity: the counts so far.
    """

    source: LiveSource
    delivery: Delivery
    state: StateFile
    unreadable: UnreadableFrames
    options: LoopOptions = field(default_factory=LoopOptions)
    activity: Activity = field(init=False)

    def __post_init__(self) -> None:
        self.activity = Activity(self.source.name)
        self._backlog = Backlog()
        self._format = source_named(self.source.format_name)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, or until waiting does not help any more.

        Raises:
            MonitorError: the platform or the broker refuses. What was read before is on the topic.
        """
        reading = asyncio.create_task(self._read(self.state.load()))
        writing = asyncio.create_task(self._write())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({reading, writing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            await _cancel(reading)
            await self._backlog.close()
            await asyncio.wait({writing}, timeout=self.options.stop_timeout)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.delivery.close(), self.options.stop_timeout)
        finally:
            await _cancel(reading, writing, stopping)
        for task in (writing, reading):
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def _read(self, position: Position | None) -> None:
        pauses = ReconnectPauses(self.source.rules)
        retries = Retries(PLATFORM, self.source.rules.network, OUTAGES)
        while True:
            try:
                async with contextlib.aclosing(self.source.frames(position)) as frames:
                    async for frame in frames:
                        pauses.received(self.options.clock())
                        retries.succeeded()
                        position = frame.position or position
                        await self._take(frame)
                failure = ConnectionLostError("the server closed the connection")
            except ConnectionLostError as error:
                failure = error
            self.activity.connected = False
            self.activity.reconnects += 1
            # The platform says how long to wait.
            pause = pauses.pause_after(failure, self.options.clock())
            retries.failed(failure, pause=pause, source=self.source.name, kind=failure.kind.value)
            await self.options.sleep(pause)

    async def _take(self, frame: Frame) -> None:
        """Read and filter a frame, and put it into the backlog; wait there while the broker is away."""
        now = self.options.clock()
        if not self.activity.connected:
            log.info("connected", source=self.source.name)
        self.activity.connected = True
        self.activity.last_contact = now
        if frame.gap is not None:
            self.activity.gaps += 1
            log.warning(
                "gap",
                source=self.source.name,
                missing=frame.gap.missing,
                since=frame.gap.since.isoformat(),
                until=frame.gap.until.isoformat(),
                seconds=round((frame.gap.until - frame.gap.since).total_seconds(), 1),
            )
        messages: list[PostMessage] = []
        if frame.fault is not None:
            self.activity.frames += 1
            self._refuse(frame.fault, frame.raw)
        elif frame.document is not None:
            self.activity.frames += 1
            self.activity.saw(frame.at, now)
            for item in read_items(frame.document, self._format):
                messages += self._messages_of(item, frame)
        if messages or frame.position is not None:
            await self._backlog.put(Arrival(tuple(messages), frame.position))
            self.activity.waiting = len(self._backlog)

    def _messages_of(self, item: Item, frame: Frame) -> list[PostMessage]:
        if isinstance(item, PoisonError):
            self._refuse(item, frame.raw)
            return []
        if isinstance(item, ComplianceEvent):
            self.activity.events += 1
        else:
            self.activity.posts += 1
            if frame.at is None:
                self.activity.saw(item.created_at, self.options.clock())
        if self.options.passes(item):
            return [message_of(item)]
        self.activity.filtered += 1
        return []

    def _refuse(self, error: PoisonError, raw: bytes) -> None:
        if error.reason == "blank-text":  # a post of pictures only is nothing to look into
            self.activity.without_text += 1
            return
        self.activity.unreadable += 1
        log.debug("unreadable frame", source=self.source.name, reason=error.reason, detail=error.detail)
        self.unreadable.add(error, raw, self.options.clock())

    async def _write(self) -> None:
        """Send what waits, and save the position after it, until the backlog is closed and empty."""
        unsaved: Position | None = None
        saved_at = float("-inf")
        while arrivals := await self._backlog.take(BATCH):
            await self.delivery.deliver([message for arrival in arrivals for message in arrival.messages])
            self.activity.sent = self.delivery.sent
            self.activity.waiting = len(self._backlog)
            unsaved = next((a.position for a in reversed(arrivals) if a.position is not None), unsaved)
            if unsaved is not None and time.monotonic() - saved_at >= self.options.save_interval:
                self.state.save(unsaved)
                unsaved, saved_at = None, time.monotonic()
        if unsaved is not None:
            self.state.save(unsaved)


async def _cancel(*tasks: asyncio.Task[None] | asyncio.Task[bool]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
