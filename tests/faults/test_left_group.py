"""A worker that left its group for good, in an outage of the database, ends by itself."""

from __future__ import annotations

import time
from pathlib import Path

from monitor.settings import Settings
from tests.faults.compressed_time import with_compressed_time
from tests.faults.conftest import FaultBroker, behind_gate
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.gate import Gate
from tests.processes import running, wait_for

OUTAGE = 8.0
PATIENCE = 300.0
POSTS = 8_000


def test_a_worker_that_left_its_group_for_good_ends_by_itself(
    on_broker: Settings,
    each_broker: FaultBroker,
    results: FlowResults,
    database_gate: Gate,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    variables = {
        "PYTHONPATH": with_compressed_time(tmp_path, speed=10**8),  # decades
        "ADE_WORKER__RETRY_MAX_WAIT": "1",
        "ADE_WORKER__BATCH_SIZE": "64",
        "ADE_WORKER__BUFFER_SIZE": "64",
        "ADE_WORKER__STALL_TIMEOUT": "35",
        "ADE_WORKER__SHUTDOWN_TIMEOUT": "5",
    }
    with running(behind_gate(on_broker, database_gate), tmp_path, "worker", **variables) as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        database_gate.shut()
        send(on_broker, dated_values(POSTS))
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
