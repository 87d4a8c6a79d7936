"""A database outage, however long: workers read on afterwards, and one that cannot ends by itself."""

from __future__ import annotations

import time
from pathlib import Path

from monitor.settings import Settings
from tests.faults.conftest import FaultBroker, behind_gate
from tests.faults.report import FaultReport, count_damage
from tests.flow.conftest import FlowResults, send, tweet_values
from tests.gate import Gate
from tests.processes import running, wait_for

COMPRESSED_TIME = """
from aiokafka.consumer.subscription_state import SubscriptionState

real_time = SubscriptionState.fetcher_idle_time.fget
SubscriptionState.fetcher_idle_time = property(lambda state: real_time(state) * {speed})
"""
"""Makes the time pass faster after which aiokafka leaves the group of a reader that waits. Python runs it at
its start, as `sitecustomize`."""

OUTAGE = 25.0
PATIENCE = 300.0
POSTS = 8_000


def test_workers_read_on_after_an_outage_of_forty_minutes(
    each_broker: FaultBroker,
    on_broker: Settings,
    results: FlowResults,
    database_gate: Gate,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    settings = behind_gate(on_broker, database_gate)
    variables = {
        "PYTHONPATH": _compressed(tmp_path, speed=100),
        "ADE_WORKER__RETRY_MAX_WAIT": "1",
        "ADE_WORKER__BATCH_SIZE": "64",
        "ADE_WORKER__BUFFER_SIZE": "64",
    }
    (tmp_path / "second").mkdir()
    with (
        running(settings, tmp_path, "worker", **variables) as first,
        running(settings, tmp_path / "second", "worker", **variables) as second,
    ):
        for worker in (first, second):
            wait_for(
                lambda worker=worker: "partitions assigned" in worker.output(), PATIENCE, watching=worker
            )
        send(settings, tweet_values(100))
        wait_for(lambda: results.scored() == 100, PATIENCE, watching=first)
        database_gate.shut()
        # More than all buffers hold, so that nobody reads during the outage.
        send(settings, tweet_values(POSTS - 100, first=100))
        wait_for(lambda: "database away" in first.output(), PATIENCE, watching=first)
        time.sleep(OUTAGE)
        database_gate.open()
        opened = time.monotonic()
        wait_for(lambda: results.scored() == POSTS, PATIENCE, watching=first)
        recovery_s = time.monotonic() - opened
        ids = {str(n) for n in range(POSTS)}
        wait_for(lambda: len(results.alerts()) >= POSTS // 5, PATIENCE, watching=first)
        damage = count_damage(settings, ids, {str(n) for n in range(0, POSTS, 5)})
        report.add(
            "database away for 25 s (42 minutes for the consumer)",
            damage,
            broker=each_broker.name,
            recovery_s=recovery_s,
        )
        assert (damage.lost, damage.doubled) == (0, 0)
        assert first.stop() == 0, first.output()
        assert second.stop() == 0, second.output()


def test_a_worker_that_left_its_group_for_good_ends_by_itself(
    on_broker: Settings,
    each_broker: FaultBroker,
    results: FlowResults,
    database_gate: Gate,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    variables = {
        "PYTHONPATH": _compressed(tmp_path, speed=10**8),  # decades
        "ADE_WORKER__RETRY_MAX_WAIT": "1",
        "ADE_WORKER__BATCH_SIZE": "64",
        "ADE_WORKER__BUFFER_SIZE": "64",
        "ADE_WORKER__STALL_TIMEOUT": "35",
        "ADE_WORKER__SHUTDOWN_TIMEOUT": "5",
    }
    with running(behind_gate(on_broker, database_gate), tmp_path, "worker", **variables) as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        database_gate.shut()
        send(on_broker, tweet_values(POSTS))
        wait_for(lambda: "database away" in worker.output(), PATIENCE, watching=worker)
        time.sleep(OUTAGE)
        database_gate.open()
        opened = time.monotonic()
        wait_for(lambda: worker.process.poll() is not None, PATIENCE)
        assert worker.process.returncode == 1, worker.output()
        assert "worker stalled" in worker.output()
    with running(on_broker, tmp_path, "worker") as successor:
        wait_for(lambda: results.scored() == POSTS, PATIENCE, watching=successor)
        recovery_s = time.monotonic() - opened
        wait_for(lambda: len(results.alerts()) >= POSTS // 5, PATIENCE, watching=successor)
        assert successor.stop() == 0, successor.output()
    damage = count_damage(on_broker, {str(n) for n in range(POSTS)}, {str(n) for n in range(0, POSTS, 5)})
    report.add("group left for good, restart", damage, broker=each_broker.name, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)


def _compressed(folder: Path, *, speed: int) -> str:
    """Return a folder for PYTHONPATH that makes the consumer's time pass faster."""
    path = folder / "compressed"
    path.mkdir()
    (path / "sitecustomize.py").write_text(COMPRESSED_TIME.format(speed=speed))
    return str(path)
