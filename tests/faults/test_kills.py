"""A worker that is killed and started again at once: its group reads on without waiting for a session."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from monitor.settings import KafkaSettings, Settings
from tests.faults.conftest import FaultBroker
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.processes import RunningCommand, running, wait_for

PATIENCE = 300.0
POSTS = 400


@pytest.mark.parametrize("name", ["auto", "none"])
def test_a_worker_that_is_killed_and_started_again_loses_nothing(
    name: str,
    each_broker: FaultBroker,
    on_broker: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    settings = _with_default_timeouts(on_broker, name)
    for folder in ("killed", "again"):
        (tmp_path / folder).mkdir()
    with running(settings, tmp_path, "worker") as first:
        _wait_for_partitions(first)
        with running(settings, tmp_path / "killed", "worker") as killed:
            _wait_for_partitions(killed)
            send(settings, dated_values(POSTS))
            wait_for(lambda: results.scored() == POSTS, PATIENCE, watching=first)
            killed.kill()
        with running(settings, tmp_path / "again", "worker") as again:
            send(settings, dated_values(POSTS, first=POSTS))
            # Without the time to start Python and load the model, which a busy machine stretches.
            wait_for(lambda: "worker starts" in again.output(), PATIENCE, watching=again)
            started = time.monotonic()
            wait_for(lambda: results.scored() == 2 * POSTS, PATIENCE, watching=again)
            recovery_s = time.monotonic() - started
            _wait_for_partitions(again)  # the first worker may have read all posts before
            alerts = 2 * POSTS // 5
            wait_for(lambda: len(results.alerts()) >= alerts, PATIENCE, watching=again)
            assert again.stop() == 0, again.output()
        assert first.stop() == 0, first.output()
    sent = {str(n) for n in range(2 * POSTS)}
    damage = count_damage(settings, sent, {str(n) for n in range(0, 2 * POSTS, 5)})
    fault = f"SIGKILL and restart of one of two workers, group_instance_id = {name}"
    report.add(fault, damage, broker=each_broker.name, recovery_s=recovery_s)
    assert (damage.lost, damage.doubled) == (0, 0)


def _with_default_timeouts(settings: Settings, instance: str) -> Settings:
    names = ("session_timeout", "heartbeat_interval", "rebalance_timeout")
    update = {name: KafkaSettings.model_fields[name].default for name in names}
    kafka = settings.kafka.model_copy(update={**update, "group_instance_id": instance})
    return settings.model_copy(update={"kafka": kafka})


def _wait_for_partitions(worker: RunningCommand) -> None:
    wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
