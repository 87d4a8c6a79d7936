"""A worker that processes tweets, timed by the database's commit timestamps."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from benchmarks.end_to_end.benchmark_stack import BenchmarkStack, cpu_seconds
from benchmarks.measured_process import memory_mb
from monitor.embedded import SupervisedWorker
from monitor.settings import Settings


@dataclass(frozen=True)
class Speed:
    """Tweets per second by the clock, and milliseconds of CPU time for each tweet."""

    tweets_per_s: float
    cpu_ms: float


class TimedWorker:
    """A worker with its own topic, whose tweets are numbered.

    Attributes:
        memory: of the worker in MB, during the last backlog.
    """

    def __init__(self, stack: BenchmarkStack, settings: Settings, worker: SupervisedWorker) -> None:
        self._stack = stack
        self._settings = settings
        self._worker = worker
        self._next = 0
        self.memory: list[float] = []

    def process_backlog(self, count: int) -> Speed:
        """Send tweets as fast as possible, and time from the first one sent to the last commit."""
        cpu = self._cpu_seconds()
        started = self._send(count)
        ended, _ = self._stack.commits(self._settings, self._next - count, count)[-1]
        return Speed(count / (ended - started), (self._cpu_seconds() - cpu) / count * 1000)

    def process_waiting_backlog(self, count: int) -> Speed:
        """Time tweets that were sent before the worker started, from the first commit to the last."""
        self._next += count
        self.memory = self._stack.await_written(self._settings, self._worker, self._next)
        commits = self._stack.commits(self._settings, self._next - count, count)
        (started, first_batch), (ended, _) = commits[0], commits[-1]
        seconds = max(ended - started, 1e-9)
        return Speed((count - first_batch) / seconds, self._cpu_seconds() / count * 1000)

    def process_paced(self, full_rate: float, seconds: float) -> dict[str, Any]:
        """Send at half of a rate, and return the seconds from send to commit."""
        rate = max(min(full_rate / 2, 1_000), 5)
        self._send(max(int(rate * seconds), 20), rate=rate)
        cuts = statistics.quantiles(self._stack.latencies_s(self._settings), n=20)
        return {"paced_per_s": round(rate, 1), "p50_s": round(cuts[9], 3), "p95_s": round(cuts[18], 3)}

    def peak_mb(self) -> float:
        """Return the peak memory of the worker."""
        assert self._worker.pid is not None
        return round(memory_mb("VmHWM", self._worker.pid), 1)

    def _send(self, count: int, *, rate: float | None = None) -> float:
        started = self._stack.send(self._settings, self._next, count, rate=rate)
        self._next += count
        self.memory = self._stack.await_written(self._settings, self._worker, self._next)
        return started

    def _cpu_seconds(self) -> float:
        self._worker.supervise()
        return cpu_seconds(self._worker.pid) if self._worker.pid else 0.0
