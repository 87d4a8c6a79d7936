"""A worker that is given tweets, and timed by what the database says."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from end_to_end_stack import Bench, cpu_seconds
from process_memory import memory_mb

from monitor.embedded.workers import SupervisedWorker
from monitor.settings import Settings


@dataclass(frozen=True)
class Turn:
    """What a turn took: tweets a second by the clock, and milliseconds of CPU time a tweet."""

    tweets_per_s: float
    cpu_ms: float


class Worked:
    """A worker with a topic of its own, and how far its tweets are numbered."""

    def __init__(self, bench: Bench, settings: Settings, worker: SupervisedWorker) -> None:
        self._bench = bench
        self._settings = settings
        self._worker = worker
        self._next = 0
        self.memory: list[float] = []

    def backlog(self, count: int) -> Turn:
        """Feed tweets as fast as can be, and time how they are worked off, from the first one sent."""
        cpu = self._cpu_seconds()
        begin = self._feed(count)
        end, _ = self._bench.commits(self._settings, self._next - count, count)[-1]
        return Turn(count / (end - begin), (self._cpu_seconds() - cpu) / count * 1000)

    def standing_backlog(self, count: int) -> Turn:
        """Time how tweets are worked off that were there before the worker, the first batch aside."""
        self._next += count
        self.memory = self._bench.await_written(self._settings, self._worker, self._next)
        commits = self._bench.commits(self._settings, self._next - count, count)
        (begin, in_first), (end, _) = commits[0], commits[-1]
        return Turn((count - in_first) / max(end - begin, 1e-9), self._cpu_seconds() / count * 1000)

    def paced(self, full_rate: float, seconds: float) -> dict[str, Any]:
        """Feed at half of a rate, and give seconds from send to commit."""
        rate = max(min(full_rate / 2, 1_000), 5)
        self._feed(max(int(rate * seconds), 20), rate=rate)
        cuts = statistics.quantiles(self._bench.latencies_s(self._settings), n=20)
        return {"paced_per_s": round(rate, 1), "p50_s": round(cuts[9], 3), "p95_s": round(cuts[18], 3)}

    def peak_mb(self) -> float:
        """Give the most memory that the worker ever had."""
        assert self._worker.pid is not None
        return round(memory_mb("VmHWM", self._worker.pid), 1)

    def _feed(self, count: int, *, rate: float | None = None) -> float:
        began = self._bench.feed(self._settings, self._next, count, rate=rate)
        self._next += count
        self.memory = self._bench.await_written(self._settings, self._worker, self._next)
        return began

    def _cpu_seconds(self) -> float:
        self._worker.supervise()
        return cpu_seconds(self._worker.pid) if self._worker.pid else 0.0
