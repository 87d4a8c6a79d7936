"""One run: the samples of a worker while posts come at a rate, or while it reads a backlog."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Final

from benchmarks.end_to_end.benchmark_stack import BenchmarkStack
from benchmarks.soak.paced_feed import PacedFeed
from benchmarks.soak.samples import Sample, Sampler
from monitor.embedded import SupervisedWorker
from monitor.embedded.servers import LoopbackServer
from monitor.settings import Settings

POLL: Final = 0.25
"""Seconds between two looks at the worker."""

START_TIMEOUT: Final = 300.0
"""Seconds that a worker may take to load its model and to get partitions."""

DRAIN_TIMEOUT: Final = 120.0
"""Seconds that the worker may take for the posts that still wait when the feed has stopped."""

PROGRESS: Final = 10.0
"""Seconds between two lines about the progress."""

TARGETS: Final = ("postgres", "redis", "worker")
"""What `--restart` may name."""


@dataclass
class SoakRun:
    """A worker on a stack, and what was sampled so far.

    Attributes:
        stack: the servers.
        settings: of the worker.
        worker: runs under supervision.
        interval: seconds between two samples.
        show: prints a line of progress.
        samples: in their order.
        sent: posts that the broker has confirmed.
        restarts: how often each part was restarted.
        was_interrupted: True after Ctrl-C.
    """

    stack: BenchmarkStack
    settings: Settings
    worker: SupervisedWorker
    interval: float
    show: Callable[[str], None]
    samples: list[Sample] = field(default_factory=list)
    sent: int = 0
    restarts: Counter[str] = field(default_factory=Counter)
    was_interrupted: bool = False

    def __post_init__(self) -> None:
        self._sampler = Sampler(self.settings)
        self._next_sample = self._next_line = 0.0

    def feed(self, rate: float, seconds: float, restart: Sequence[str], restart_every: float) -> None:
        """Feed posts for a time, with restarts, and then wait until the worker has stored all of them.

        Args:
            rate: posts a second.
            seconds: how long to feed.
            restart: parts to restart, one after the other, again and again.
            restart_every: seconds between two restarts.
        """
        self._await_ready()
        targets, next_restart = cycle(restart), time.monotonic() + restart_every
        try:
            with PacedFeed(self.settings.kafka, self.stack.texts, rate) as feed:
                deadline = time.monotonic() + seconds
                while (now := time.monotonic()) < deadline:
                    self.sent = feed.sent
                    if restart and now >= next_restart:
                        self._restart(next(targets))
                        next_restart += restart_every
                    self._look(f"{(deadline - now) / 60:.1f} min left")
            self.sent = feed.sent
            self._drain(time.monotonic() + DRAIN_TIMEOUT)
        except KeyboardInterrupt:
            self.was_interrupted = True

    def read_backlog(self, count: int) -> None:
        """Sample until the worker has stored a backlog that is on the topic already."""
        self.sent = count
        try:
            self._await_ready()
            self._drain(float("inf"))
        except KeyboardInterrupt:
            self.was_interrupted = True

    def stored(self) -> int:
        """Return how many posts are stored."""
        return self._sampler.stored() or 0

    def close(self) -> None:
        """Close the connections of the samples."""
        self._sampler.close()

    def _await_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not self.worker.is_ready:
            self.worker.supervise()
            if time.monotonic() > deadline:
                raise SystemExit(f"the worker does not start:\n{self.worker.last_lines()}")
            time.sleep(0.05)

    def _drain(self, deadline: float) -> None:
        while self.stored() < self.sent and time.monotonic() < deadline:
            self._look("reading the rest")

    def _look(self, phase: str) -> None:
        """Supervise the worker, take a sample and print a line if it is time, and wait a little."""
        self.worker.supervise()
        now = time.monotonic()
        if now >= self._next_sample and self.worker.pid is not None:
            self._next_sample = now + self.interval
            broker = self.stack.stack.broker.child
            sample = self._sampler.sample(self.worker.pid, self.sent, broker.pid if broker else 0)
            if sample is not None:
                self.samples.append(sample)
        if now >= self._next_line and self.samples:
            self._next_line = now + PROGRESS
            self.show(f"{phase}: {self.sent:,} sent, {describe_sample(self.samples[-1])}")
        time.sleep(min(POLL, self.interval / 2))

    def _restart(self, target: str) -> None:
        self.show(f"restarting {target}")
        self.restarts[target] += 1
        if target == "worker":
            if self.worker.pid is not None:
                os.kill(self.worker.pid, signal.SIGKILL)
            return
        embedded = self.stack.stack
        server: LoopbackServer = embedded.postgres if target == "postgres" else embedded.valkey
        server.stop()
        server.restart()


def describe_sample(sample: Sample) -> str:
    """Return a sample as one line."""
    connections = f"{sample.database_connections} + {sample.redis_connections} connections"
    return (
        f"lag {sample.lag}, outbox {sample.outbox}, {sample.memory_mb:.0f} MB, {sample.handles} handles, "
        f"{sample.threads} threads, {connections}; broker {sample.broker_mb:.0f} MB"
    )


def longest_run(samples: Sequence[Sample], warm_up: float) -> list[Sample]:
    """Return the samples of the process that ran for longest, without its first seconds.

    Args:
        samples: in their order, of one process after the other.
        warm_up: seconds to leave out after the first sample of a process.
    """
    by_process: dict[int, list[Sample]] = {}
    for sample in samples:
        by_process.setdefault(sample.pid, []).append(sample)
    longest = max(by_process.values(), key=lambda run: run[-1].at - run[0].at, default=[])
    return [sample for sample in longest if sample.at - longest[0].at >= warm_up]
