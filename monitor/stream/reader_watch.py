"""The watch over the reader: a worker that leaves messages unread without a reason ends with an error.

Faust and aiokafka can stop reading without an error, for example after the group was left. The process looks
healthy then, and its partitions are read by nobody.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import structlog

from monitor import metrics
from monitor.errors import FatalError, MonitorError
from monitor.settings import KafkaSettings
from monitor.stream.unread import PartitionLag, find_unread
from monitor.stream.watch_rounds import repeat_check

log = structlog.get_logger()

CHECK_INTERVAL: Final = 20.0
"""Seconds between two checks."""

STILL_AFTER: Final = 30.0
"""Seconds without progress on unread messages, after which the log says so, and between two such lines."""

PATIENT_FOR: Final = 50_000
"""Messages of other partitions for which one with unread messages waits for its turn. A poll has about 4,000
at most, and some of each partition."""

Positions = Mapping[int, int | None]
"""By partition, the offset that the reader fetches next; None if that is not known yet."""

Place = tuple[int | None, int | None]
"""Where a partition is: the reader's position and the committed offset."""


class ReaderWatch:
    """Ends the process if messages of its partitions stay unread.

    Args:
        kafka: which broker and topic.
        timeout: seconds without progress, after which the process ends.
        positions: returns the positions of the assigned partitions; None while the group rebalances.
        reason_not_to_read: returns why the reader may stand still, or None.
        fail: ends the process with an error.
        find: returns how far the partitions are; see `find_unread`. Blocking.
        clock: returns seconds.

    Attributes:
        stall: what the last check found, or None if the reader makes progress, or has a reason not to.
    """

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        timeout: float,
        positions: Callable[[], Positions | None],
        reason_not_to_read: Callable[[], str | None],
        fail: Callable[[BaseException], Awaitable[None]],
        find: Callable[[KafkaSettings], Mapping[int, PartitionLag]] = find_unread,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kafka = kafka
        self._timeout = timeout
        self._positions = positions
        self._reason_not_to_read = reason_not_to_read
        self._fail = fail
        self._find = find
        self._clock = clock
        self._places: dict[int, Place] = {}
        self._still: dict[int, float] = {}
        self._passed: dict[int, int] = {}
        self._rebalances_since: float | None = None
        self._broker_away_since: float | None = None
        self._logged_at = -STILL_AFTER
        self.stall: str | None = None

    @property
    def is_broker_away(self) -> bool:
        """True if the broker did not answer the last check."""
        return self._broker_away_since is not None

    async def run(self) -> None:
        """Check again and again until cancelled."""
        await repeat_check(self.check, pause=min(CHECK_INTERVAL, self._timeout / 2))

    async def check(self) -> None:
        """Compare all partitions with the last check; log a standstill, and call `fail` if it lasts."""
        try:
            lags = await asyncio.to_thread(self._find, self._kafka)
        except FatalError as error:  # a right was taken from us
            await self._fail(error)
            return
        except MonitorError as error:
            self._note_broker_away(error)
            return
        self._note_broker_back()
        self._measure(lags)
        if self._reason_not_to_read():
            self._forget()
            return
        positions = self._positions()
        self._note_rebalance(positions is None)
        self._compare(lags, positions)
        await self._report(lags)

    def _measure(self, lags: Mapping[int, PartitionLag]) -> None:
        """Export what is not committed yet in the partitions of this worker."""
        metrics.LAG_MESSAGES.clear()
        for partition in (self._positions() or {}).keys() & lags.keys():
            metrics.LAG_MESSAGES.labels(partition=partition).set(lags[partition].unread(None))

    def _note_broker_away(self, error: MonitorError) -> None:
        self._forget()
        metrics.LAG_MESSAGES.clear()
        now = self._clock()
        if self._broker_away_since is None:
            self._broker_away_since = now
        log.warning("broker away", error=error.fact, away_s=round(now - self._broker_away_since, 1))

    def _note_broker_back(self) -> None:
        if self._broker_away_since is not None:
            log.info("broker answers again", away_s=round(self._clock() - self._broker_away_since, 1))
            self._broker_away_since = None

    def _note_rebalance(self, is_rebalancing: bool) -> None:
        if not is_rebalancing:
            self._rebalances_since = None
        elif self._rebalances_since is None:
            self._rebalances_since = self._clock()

    def _compare(self, lags: Mapping[int, PartitionLag], positions: Positions | None) -> None:
        """Keep the partitions that have unread messages and have not moved since the last check.

        While the reader works off the backlog of some partitions, the others have to wait for their turn, and
        their time does not count until `PATIENT_FOR` messages of others were read. The backlog may be at the
        broker. Or it was read by one large poll, which Faust passes on before it reads again: then commits go
        on, and the position stays.
        """
        now = self._clock()
        places = {
            partition: (position, lags[partition].committed)
            for partition, position in (positions or {}).items()
            if partition in lags
        }
        unread = {partition for partition, place in places.items() if lags[partition].unread(place[0])}
        moved = {
            partition
            for partition, place in places.items()
            if partition in self._places and self._places[partition] != place
        }
        from_one_poll = {
            partition for partition in moved if self._places[partition][0] == places[partition][0]
        }
        is_busy = bool(moved & unread or from_one_poll)
        advance = sum(_distance(self._places[partition], places[partition]) for partition in moved)
        still, passed = {}, {}
        for partition in unread - moved:
            passed[partition] = self._passed.get(partition, 0) + advance
            waits_for_its_turn = is_busy and passed[partition] < PATIENT_FOR
            still[partition] = now if waits_for_its_turn else self._still.get(partition, now)
        self._places, self._still, self._passed = places, still, passed

    async def _report(self, lags: Mapping[int, PartitionLag]) -> None:
        now = self._clock()
        limit = now - min(STILL_AFTER, self._timeout)
        still = {partition: since for partition, since in self._still.items() if since <= limit}
        starts = list(still.values())
        if self._rebalances_since is not None and self._rebalances_since <= limit:
            starts.append(self._rebalances_since)
        if not starts:
            self.stall = None
            return
        seconds = round(now - min(starts), 1)
        self.stall = problem = self._problem(lags, still, seconds)
        if seconds >= self._timeout:
            log.error("worker stalled", problem=problem)
            await self._fail(FatalError(problem, "a restart reads on from the committed offsets"))
        elif now - self._logged_at >= STILL_AFTER:
            self._logged_at = now
            log.warning("no progress", problem=f"{problem}; the process ends after {self._timeout:g} s")

    def _problem(self, lags: Mapping[int, PartitionLag], partitions: Collection[int], seconds: float) -> str:
        if not partitions:
            return f"the group {self._kafka.group_id} has rebalanced for {seconds:g} s without an assignment"
        unread = sum(lags[partition].unread(self._places[partition][0]) for partition in partitions)
        return (
            f"{unread} messages of {self._kafka.topic} are unread in partitions "
            f"{', '.join(map(str, sorted(partitions)))}, and none was read for {seconds:g} s"
        )

    def _forget(self) -> None:
        """Start over: until now, there was a known reason."""
        self._places, self._still, self._passed = {}, {}, {}
        self._rebalances_since = self.stall = None


def _distance(before: Place, after: Place) -> int:
    """Return how many messages lie between two places of a partition, as far as that is known."""
    return max(
        (new - old for old, new in zip(before, after, strict=True) if old is not None and new is not None),
        default=0,
    )
