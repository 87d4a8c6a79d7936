"""What a worker says about itself stays true while the broker is away, with batches in work."""

from __future__ import annotations

import time
from pathlib import Path

from monitor.settings import Settings
from monitor.stream.stage_watch import SLOW_AFTER
from tests.apache_kafka import ApacheKafka
from tests.faults.conftest import APACHE, on_fresh_topic
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults, send
from tests.processes import running, wait_for
from tests.status_pages import Answer, with_status_pages

PATIENCE = 300.0
POSTS = 1_500
SLOW_MODEL = "dummy:0.02"
"""A model that needs 20 ms for a post, so that batches are in work when the broker dies."""


def test_a_worker_without_a_broker_is_live_and_not_ready(
    own_kafka: ApacheKafka, migrated: Settings, results: FlowResults, report: FaultReport, tmp_path: Path
) -> None:
    settings, pages = with_status_pages(on_fresh_topic(migrated, own_kafka.bootstrap))
    small = settings.worker.model_copy(update={"batch_size": 20})
    model = settings.model.model_copy(update={"bundle": SLOW_MODEL})
    settings = settings.model_copy(update={"worker": small, "model": model})
    send(settings, dated_values(POSTS))
    answers: list[Answer] = []
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() > 100, PATIENCE, watching=worker)
        own_kafka.kill_node(1)
        wait_for(lambda: "broker" in pages.ready().failing, PATIENCE, watching=worker)
        ends = time.monotonic() + SLOW_AFTER + 20
        while time.monotonic() < ends:
            answers.append(pages.live())
            assert "broker" in pages.ready().failing
            time.sleep(2)
        assert not list(pages.scrape().series("ade_lag_messages")), "nobody knows it now"
        own_kafka.start_node(1)
        started = time.monotonic()
        wait_for(pages.is_ready, PATIENCE, watching=worker)
        wait_for(lambda: results.scored() == POSTS, PATIENCE, watching=worker)
        recovery_s = time.monotonic() - started
        wait_for(lambda: len(results.alerts()) >= POSTS // 5, PATIENCE, watching=worker)
        assert worker.stop() == 0, worker.output()
    ids = {str(number) for number in range(POSTS)}
    alerting = {str(number) for number in range(0, POSTS, 5)}
    damage = count_damage(settings, ids, alerting)
    report.add("broker away, health asked", damage, broker=APACHE, recovery_s=recovery_s)
    assert [answer.failing for answer in answers if answer.status != 200] == []
    assert (damage.lost, damage.doubled) == (0, 0)
