"""A post that ends each worker that scores it: after a few restarts it is a dead letter, the others rows."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from monitor.settings import Settings
from tests.deadly_worker import DEADLY, HANGING
from tests.faults.conftest import TANSU, FaultBroker
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.processes import RunningCommand, wait_for
from tests.topic_content import content_of

PATIENCE = 120.0
POSTS = 600
PLACE = 333
MOST_STARTS = 8
STALL_TIMEOUT = {DEADLY: "300", HANGING: "4"}


@pytest.mark.parametrize("each_broker", [TANSU], indirect=True)
@pytest.mark.parametrize("word", [DEADLY, HANGING])
async def test_a_post_that_ends_the_process_each_time_becomes_a_dead_letter(
    word: str,
    each_broker: FaultBroker,
    on_broker: Settings,
    results: FlowResults,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    values = dated_values(POSTS)
    values[PLACE] = json.dumps({"id": str(PLACE), "text": f"a {word} post"}).encode()
    send(on_broker, values)
    extra = {
        "ADE_WORKER__STATE_DIR": str(tmp_path / "state"),
        "ADE_WORKER__STALL_TIMEOUT": STALL_TIMEOUT[word],
        "ADE_WORKER__SHUTDOWN_TIMEOUT": "3",
    }
    started, ends = time.monotonic(), 0
    for number in range(MOST_STARTS):
        log = tmp_path / f"worker-{number}.log"
        worker = RunningCommand(on_broker, log, "worker", extra=extra, module="tests.deadly_worker")
        wait_for(lambda: worker.process.poll() is not None or results.scored() == POSTS - 1, PATIENCE)  # noqa: B023
        if worker.process.poll() is None:
            break
        ends += 1
    wait_for(lambda: len(results.alerts()) >= POSTS // 5, PATIENCE, watching=worker)
    recovery_s = time.monotonic() - started
    worker.stop()
    [letter] = await content_of(
        on_broker.kafka.bootstrap_servers, on_broker.kafka.dead_letter_topic, count=1, partitions=1
    )
    sent = {str(n) for n in range(POSTS) if n != PLACE}
    damage = count_damage(on_broker, sent, {str(n) for n in range(0, POSTS, 5)})
    report.add(
        f"one post {'crashes' if word == DEADLY else 'hangs'} each worker that scores it",
        damage,
        broker=each_broker.name,
        runs=ends,
        recovery_s=recovery_s,
    )
    assert json.loads(letter.value)["id"] == str(PLACE)
    assert dict(letter.headers)["ade-reason"] == b"model-crash"
    assert (damage.lost, damage.doubled) == (0, 0)
