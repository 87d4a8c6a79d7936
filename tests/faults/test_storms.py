"""Storms: one text under 10,000 ids, and one id 10,000 times. Counts stay right, and memory stays flat."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from monitor.settings import Settings
from tests.faults.conftest import TANSU, FaultBroker
from tests.faults.damage import Damage, count_damage
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send, tweet_values
from tests.processes import RunningCommand, running, wait_for

PATIENCE = 300.0
COPIES = 10_000
TEXT = "this pill gives me a headache"
WARM_UP = 200
ROOM = 100_000_000
"""Bytes by which a storm may enlarge the process: batches in work, and buffers of both clients."""


@pytest.mark.parametrize("each_broker", [TANSU], indirect=True)
@pytest.mark.parametrize("storm", ["one text", "one id"])
def test_a_storm_of_one_post_leaves_right_counts_and_flat_memory(
    storm: str,
    each_broker: FaultBroker,
    on_broker: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    ids = {"one text": [f"copy-{n}" for n in range(COPIES)], "one id": ["copy"] * COPIES}[storm]
    with running(on_broker, tmp_path, "worker") as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        send(on_broker, tweet_values(WARM_UP))
        wait_for(lambda: results.scored() == WARM_UP, PATIENCE, watching=worker)
        memory = psutil.Process(worker.process.pid).memory_info
        before = memory().rss
        started = time.monotonic()
        send(on_broker, [json.dumps({"id": tweet_id, "text": TEXT}).encode() for tweet_id in ids])
        _wait_until_read(results, WARM_UP + COPIES, worker)
        recovery_s = time.monotonic() - started
        grown = memory().rss - before
        alerts = WARM_UP // 5 + len(set(ids))
        wait_for(lambda: len(results.alerts()) >= alerts, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
    damage = _damage(on_broker, set(ids))
    report.add(
        f"storm of {COPIES} posts with {storm}", damage, broker=each_broker.name, recovery_s=recovery_s
    )
    assert (damage.lost, damage.doubled) == (0, 0)
    assert results.scored() == WARM_UP + len(set(ids))
    assert grown < ROOM


def _damage(settings: Settings, ids: set[str]) -> Damage:
    sent = {str(n) for n in range(WARM_UP)} | ids
    return count_damage(settings, sent, {str(n) for n in range(0, WARM_UP, 5)} | ids, dated=False)


def _wait_until_read(results: FlowResults, messages: int, worker: RunningCommand) -> None:
    """Wait until the stored progress covers a number of messages."""
    statement = "SELECT coalesce(sum(next_offset), 0) FROM progress"
    wait_for(lambda: int(results.rows(statement)[0][0]) >= messages, PATIENCE, watching=worker)
