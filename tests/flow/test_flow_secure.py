"""From a file to the database over an Apache Kafka with a login and TLS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from monitor.settings import Settings
from tests.flow.conftest import FlowResults, tweet_values
from tests.processes import ade_monitor, running, wait_for
from tests.secure_kafka import LOGIN, PASSWORD

if TYPE_CHECKING:
    from tests.secure_kafka import SecureKafka

PATIENCE = 300.0


@pytest.mark.timeout(900)
def test_posts_flow_over_a_broker_with_a_login_and_tls(
    migrated: Settings, results: FlowResults, secure_kafka: SecureKafka, tmp_path: Path
) -> None:
    kafka = secure_kafka.settings(
        "TLSLOGIN",
        topic=migrated.kafka.topic,
        group_id=migrated.kafka.group_id,
        partitions=2,
        sasl_mechanism="SCRAM-SHA-512",
        **LOGIN,
    )
    debug = migrated.log.model_copy(update={"level": "debug"})
    settings = migrated.model_copy(update={"kafka": kafka, "log": debug})
    posts = b"".join(value + b"\n" for value in tweet_values(200))
    file = tmp_path / "posts.jsonl"
    file.write_bytes(posts)

    assert ade_monitor(settings, "topics", "create").returncode == 0
    fed = ade_monitor(settings, "feed", str(file))
    assert fed.returncode == 0, fed.stderr
    with running(settings, tmp_path, "worker") as worker:
        wait_for(lambda: results.scored() == 200, PATIENCE, watching=worker)
        wait_for(lambda: len(results.alerts()) == 40, PATIENCE, watching=worker)
        send_nonsense(kafka.topic, secure_kafka)
        wait_for(
            lambda: "not-json" in ade_monitor(settings, "deadletters", "list").stdout,
            PATIENCE,
            watching=worker,
        )
        assert worker.stop() == 0
    shown = ade_monitor(settings, "topics", "show", "--json").stdout.splitlines()
    lags = [row["lag"] for row in map(json.loads, shown) if row["topic"] == kafka.topic]
    assert lags == [0, 0]
    assert PASSWORD not in worker.output()
    assert PASSWORD.encode().hex() not in worker.output()


def send_nonsense(topic: str, secure_kafka: SecureKafka) -> None:
    """Send a message that is not a post, over the port without security."""
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=secure_kafka.server.bootstrap)
    producer.send(topic, b"{").get(30)
    producer.close()
