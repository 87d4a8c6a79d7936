"""A worker that hangs is visible in its log, ends by itself, and the next one goes on."""

from __future__ import annotations

import time
from pathlib import Path

from monitor.settings import Settings
from tests.faults.conftest import FaultBroker
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.processes import running, wait_for

PATIENCE = 300.0
HANGS = "dummy:60"
"""A model that needs hours for a batch."""


def test_a_model_that_hangs_ends_the_worker_with_status_1(
    each_broker: FaultBroker, on_broker: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    send(on_broker, dated_values(200))
    hanging = on_broker.model_copy(update={"model": on_broker.model.model_copy(update={"bundle": HANGS})})
    limits = {"ADE_WORKER__STALL_TIMEOUT": "35", "ADE_WORKER__SHUTDOWN_TIMEOUT": "3"}
    with running(hanging, tmp_path, "worker", **limits) as worker:
        wait_for(lambda: worker.process.poll() is not None, PATIENCE)
        assert worker.process.returncode == 1, worker.output()
        assert "slow batch" in worker.output()
        assert "ScorePosts" in worker.output()
    ended = time.monotonic()
    with running(on_broker, tmp_path, "worker") as second:
        wait_for(lambda: results.scored() == 200, PATIENCE, watching=second)
        recovery_s = time.monotonic() - ended
        wait_for(lambda: len(results.alerts()) >= 40, PATIENCE, watching=second)
        assert second.stop() == 0, second.output()
    damage = count_damage(on_broker, {str(n) for n in range(200)}, {str(n) for n in range(0, 200, 5)})
    report.add("model hangs", damage, broker=each_broker.name, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)
