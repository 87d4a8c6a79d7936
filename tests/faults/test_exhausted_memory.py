"""A worker without memory ends, and the next one reads what it had not stored."""

from __future__ import annotations

import time
from pathlib import Path

import psutil

from monitor.settings import Settings
from tests.faults.damage import count_damage
from tests.faults.report import FaultReport
from tests.faults.test_memory import LARGE, MB, PATIENCE, WARM, large_values, send_packed, warm_worker
from tests.flow.conftest import FlowResults
from tests.processes import running, wait_for


async def test_a_worker_without_memory_ends(
    migrated: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    with warm_worker(migrated, results, tmp_path) as worker:
        process = psutil.Process(worker.process.pid)
        limit = process.memory_info().vms + 30 * MB
        process.rlimit(psutil.RLIMIT_AS, (limit, limit))
        process.suspend()  # messages that come one after the other may fit
        await send_packed(migrated, large_values(LARGE // 5, first=WARM))
        started = time.monotonic()
        process.resume()
        wait_for(lambda: worker.process.poll() is not None, PATIENCE)
        recovery_s = time.monotonic() - started
        assert worker.process.returncode == 1, worker.output()
    with running(migrated, tmp_path, "worker") as worker:
        count = WARM + LARGE // 5
        wait_for(lambda: results.scored() == count, PATIENCE, watching=worker)
        wait_for(lambda: len(results.alerts()) == count // 5, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
        damage = count_damage(migrated, set(map(str, range(count))), set(map(str, range(0, count, 5))))
        report.add("worker out of memory", damage, broker="Tansu", recovery_s=recovery_s)
        assert (damage.lost, damage.doubled) == (0, 0)
