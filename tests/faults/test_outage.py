"""A database outage, however long: workers read on afterwards."""

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

OUTAGE = 15.0
"""Seconds; 42 minutes for the consumer."""

SPEED = 170
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
        "PYTHONPATH": with_compressed_time(tmp_path, speed=SPEED),
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
        send(settings, dated_values(100))
        wait_for(lambda: results.scored() == 100, PATIENCE, watching=first)
        database_gate.shut()
        # More than all buffers hold, so that nobody reads during the outage.
        send(settings, dated_values(POSTS - 100, first=100))
        wait_for(lambda: "database away" in first.output(), PATIENCE, watching=first)
        time.sleep(OUTAGE)
        database_gate.open()
        opened = time.monotonic()
        wait_for(lambda: results.scored() == POSTS, PATIENCE, watching=first)
        recovery_s = time.monotonic() - opened
        ids = {str(n) for n in range(POSTS)}
        wait_for(lambda: len(results.alerts()) >= POSTS // 5, PATIENCE, watching=first)
        assert first.stop() == 0, first.output()
        assert second.stop() == 0, second.output()
        damage = count_damage(on_broker, ids, {str(n) for n in range(0, POSTS, 5)})
        report.add(
            f"database away for {OUTAGE:g} s (42 minutes for the consumer)",
            damage,
            broker=each_broker.name,
            recovery_s=recovery_s,
        )
        assert (damage.lost, damage.doubled) == (0, 0)
