"""A worker that is told to stop while its broker is away ends in time, and its log stays short."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from monitor.settings import Settings
from tests.faults.conftest import APACHE, TANSU, on_fresh_topic
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.own_brokers import own_broker
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.processes import running, wait_for

PATIENCE = 300.0
AWAY = 30
"""Seconds from when the worker says that the broker is away until it is told to stop."""


@pytest.mark.parametrize("name", [TANSU, APACHE])
def test_a_stop_without_a_broker_ends_in_time_and_the_log_stays_short(
    name: str, migrated: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    with own_broker(name, tmp_path) as broker:
        settings = on_fresh_topic(migrated, broker.bootstrap)
        send(settings, dated_values(100))
        with running(settings, tmp_path, "worker") as worker:
            wait_for(lambda: results.scored() == 100, PATIENCE, watching=worker)
            broker.kill()
            wait_for(lambda: "broker away" in worker.output(), PATIENCE, watching=worker)
            time.sleep(AWAY)
            stopped = time.monotonic()
            status = worker.stop()
            damage = count_damage(settings, {str(n) for n in range(100)}, offsets=False)
            report.add("SIGTERM without a broker", damage, broker=name, recovery_s=time.monotonic() - stopped)
            assert (damage.lost, damage.doubled) == (0, 0)
            assert status == 0, worker.output()
            assert len(worker.output()) < 1_000 * AWAY
