"""A worker that is told to stop ends in time with status 0, whatever is away, and loses nothing."""

from __future__ import annotations

import time
from pathlib import Path

from monitor.settings import Settings
from tests.faults.conftest import FaultBroker, behind_gate
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.gate import Gate
from tests.processes import RunningCommand, running, wait_for

PATIENCE = 300.0


def test_a_stop_without_a_database_ends_in_time(
    each_broker: FaultBroker,
    on_broker: Settings,
    results: FlowResults,
    database_gate: Gate,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    send(on_broker, dated_values(100))
    with running(behind_gate(on_broker, database_gate), tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() == 100, PATIENCE, watching=worker)
        database_gate.shut()
        send(on_broker, dated_values(100, first=100))
        wait_for(lambda: "database away" in worker.output(), PATIENCE, watching=worker)
        stopped = time.monotonic()
        status = worker.stop()
        seconds = time.monotonic() - stopped
    with running(on_broker, tmp_path, "worker") as second:
        wait_for(lambda: results.scored() == 200, PATIENCE, watching=second)
        assert second.stop() == 0, second.output()
    damage = count_damage(on_broker, {str(n) for n in range(200)})
    report.add("SIGTERM without a database", damage, broker=each_broker.name, recovery_s=seconds)
    assert (damage.lost, damage.doubled) == (0, 0)
    assert status == 0, worker.output()


def test_stops_at_any_moment_of_a_rebalance_end_in_time(
    each_broker: FaultBroker, on_broker: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    count, runs = 4_000, 6
    settings = on_broker.model_copy(
        update={
            "model": on_broker.model.model_copy(update={"bundle": "dummy:0.005"}),
            "worker": on_broker.worker.model_copy(update={"batch_size": 32, "buffer_size": 64}),
        }
    )
    send(settings, dated_values(count))
    statuses = []
    with running(settings, tmp_path, "worker") as first:
        wait_for(lambda: results.scored() > 0, PATIENCE, watching=first)
        for run in range(runs):
            folder = tmp_path / str(run)
            folder.mkdir()
            with running(settings, folder, "worker") as other:
                wait_for(lambda other=other: _joins(other), PATIENCE, watching=other)
                time.sleep(1 + run * 0.5)
                statuses.append(other.stop())
        wait_for(lambda: results.scored() == count, PATIENCE, watching=first)
        wait_for(lambda: len(results.alerts()) >= count // 5, PATIENCE, watching=first)
        statuses.append(first.stop())
    alerting = {str(n) for n in range(0, count, 5)}
    damage = count_damage(settings, {str(n) for n in range(count)}, alerting)
    report.add("SIGTERM in a rebalance", damage, broker=each_broker.name, runs=runs)
    assert (damage.lost, damage.doubled) == (0, 0)
    assert statuses == [0] * (runs + 1), first.output()


def _joins(worker: RunningCommand) -> bool:
    return "worker starts" in worker.output()
