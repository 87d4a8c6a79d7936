"""Memory stays below a stated peak, whatever the size of the messages, and a worker without memory ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from aiokafka import AIOKafkaProducer

from monitor.settings import Settings
from tests.faults.conftest import FaultBroker
from tests.faults.damage import count_damage, uncounted_offsets
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.processes import RunningCommand, running, wait_for

PATIENCE = 600.0
MB = 1_000_000
STATED_PEAK = 350
"""Most MB that a worker uses above what it uses when idle; docs/architecture.md states it."""

WARM = 500
LARGE = 1_500
BOMB = 300


class Memory:
    """The resident memory of a process, in MB."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.idle = self.peak = self.now()

    def now(self) -> float:
        """Return the memory of this moment."""
        return float(self._process.memory_info().rss) / MB

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note the peak of the block."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(0.02):
                self.peak = max(self.peak, self.now())

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        yield
        ended.set()
        watcher.join()


def large_values(count: int, *, first: int, size: int = MB) -> Iterator[bytes]:
    """Yield posts with a field of `size` bytes that is not read; every fifth has an effect."""
    for value in dated_values(count, first=first):
        post = json.loads(value)
        yield json.dumps({**post, "padding": "x" * (size - 200)}).encode()


async def send_packed(settings: Settings, values: Iterator[bytes] | Sequence[bytes]) -> None:
    """Send values that a thousandth of their size is left of on the way."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka.bootstrap_servers,
        compression_type="zstd",
        max_request_size=2_000 * MB,
        max_batch_size=8 * MB,
        request_timeout_ms=300_000,
    )
    async with producer:
        sent = [await producer.send(settings.kafka.topic, value) for value in values]
        for confirmation in sent:
            await confirmation


@contextmanager
def warm_worker(
    settings: Settings, results: FlowResults, folder: Path, **variables: str
) -> Iterator[RunningCommand]:
    """Run a worker that has scored a few posts."""
    with running(settings, folder, "worker", **variables) as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        send(settings, dated_values(WARM))
        wait_for(lambda: results.scored() == WARM, PATIENCE, watching=worker)
        yield worker


async def test_large_and_packed_messages_stay_below_the_stated_peak(
    each_broker: FaultBroker, on_broker: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    with warm_worker(on_broker, results, tmp_path) as worker:
        memory = Memory(worker.process.pid)
        started = time.monotonic()
        with memory.watched():
            await send_packed(on_broker, large_values(1, first=-1, size=BOMB * MB))
            await send_packed(on_broker, large_values(LARGE, first=WARM))
            wait_for(lambda: results.scored() == WARM + LARGE, PATIENCE, watching=worker)
            wait_for(lambda: "batch-too-large" in worker.output(), PATIENCE, watching=worker)
        count = WARM + LARGE
        assert worker.stop() == 0, worker.output()
        damage = count_damage(
            on_broker, set(map(str, range(count))), set(map(str, range(0, count, 5))), offsets=False
        )
        report.add(
            f"{LARGE} messages of 1 MB, one of {BOMB} MB, packed ({memory.peak - memory.idle:.0f} MB needed)",
            damage,
            broker=each_broker.name,
            recovery_s=time.monotonic() - started,
        )
        assert (damage.lost, damage.doubled) == (0, 0)
        assert len(uncounted_offsets(on_broker)) == 1, "that of the message that is too large"
        assert memory.peak - memory.idle < STATED_PEAK
