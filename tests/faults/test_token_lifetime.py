"""Tokens that last for seconds: the broker closes each connection when its token ends."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.kafka import open_producer
from monitor.settings import Settings
from tests.faults.conftest import APACHE, on_fresh_topic
from tests.faults.damage import count_damage
from tests.faults.dated_posts import dated_values
from tests.faults.report import FaultReport
from tests.flow.conftest import FlowResults
from tests.processes import running, wait_for
from tests.secure_kafka import CLIENT, SECRET, TokenServer

if TYPE_CHECKING:
    from tests.secure_kafka import SecureKafka

LIFETIME = 8.0  # seconds
ENDS = 5  # how often a token ends while posts are sent
PATIENCE = 300.0
POSTS = 400


def test_nothing_is_lost_when_tokens_end(
    migrated: Settings,
    results: FlowResults,
    secure_kafka: SecureKafka,
    report: FaultReport,
    tmp_path: Path,
) -> None:
    tokens = TokenServer()
    tokens.lifetime = LIFETIME
    login = {"oauth_token_url": tokens.url, "oauth_client_id": CLIENT, "oauth_client_secret": SECRET}
    fresh = on_fresh_topic(migrated, secure_kafka.server.bootstrap)
    kafka = secure_kafka.settings(
        "LOGIN",
        topic=fresh.kafka.topic,
        group_id=fresh.kafka.group_id,
        sasl_mechanism="OAUTHBEARER",
        **login,
    )
    settings = fresh.model_copy(update={"kafka": kafka})
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: "partitions assigned" in worker.output(), PATIENCE, watching=worker)
        producer = open_producer(kafka)
        before = tokens.issued
        for value in dated_values(POSTS):
            producer.send(kafka.topic, value)
            time.sleep(ENDS * LIFETIME / POSTS)
        producer.flush(60)
        producer.close()
        sent = time.monotonic()
        wait_for(lambda: results.scored() >= POSTS, PATIENCE, watching=worker)
        wait_for(lambda: len(results.alerts()) >= POSTS // 5, PATIENCE, watching=worker)
        recovery = time.monotonic() - sent
        assert worker.stop() == 0
    assert tokens.issued > before + 3
    damage = count_damage(settings, {str(n) for n in range(POSTS)}, {str(n) for n in range(0, POSTS, 5)})
    report.add("login token ends", damage, broker=APACHE, runs=ENDS, recovery_s=recovery)
    tokens.close()
    assert (damage.lost, damage.doubled) == (0, 0)
