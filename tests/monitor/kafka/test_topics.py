"""The two topics: made once, left alone afterwards, and shown as far as they reach."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.errors import RetryableError
from monitor.kafka import clients
from monitor.kafka.clients import open_consumer, open_producer
from monitor.kafka.topics import ensure_topics, topic_states
from monitor.settings import KafkaSettings


def test_missing_topics_are_created_once(kafka: KafkaSettings) -> None:
    wanted = kafka.model_copy(update={"topic": f"{kafka.topic}-new", "partitions": 3})
    assert ensure_topics(wanted) == [wanted.topic, wanted.dead_letter_topic]
    assert ensure_topics(wanted.model_copy(update={"partitions": 5})) == []
    assert [state.topic for state in topic_states(wanted)] == [wanted.topic] * 3 + [wanted.dead_letter_topic]


def test_the_end_is_behind_the_last_message_of_a_packed_batch(kafka: KafkaSettings) -> None:
    producer = open_producer(kafka, compression_type="gzip", linger_ms=1_000)
    futures = [producer.send(kafka.topic, b"x", partition=1) for _ in range(5)]
    producer.flush(30)
    assert futures[-1].get(30).offset == 4
    producer.close()
    ends = {state.partition: state.end for state in topic_states(kafka) if state.topic == kafka.topic}
    assert ends == {0: 0, 1: 5, 2: 0, 3: 0}


def test_show_tells_how_far_the_workers_have_read(kafka: KafkaSettings) -> None:
    from kafka import OffsetAndMetadata, TopicPartition

    producer = open_producer(kafka)
    for _ in range(3):
        producer.send(kafka.topic, b"x", partition=2).get(30)
    producer.close()
    with open_consumer(kafka, group_id=kafka.group_id) as consumer:
        consumer.assign([TopicPartition(kafka.topic, 2)])
        consumer.commit({TopicPartition(kafka.topic, 2): OffsetAndMetadata(1, "", -1)})
    result = CliRunner().invoke(
        app, ["topics", "show", "--json"], env={"ADE_KAFKA__GROUP_ID": kafka.group_id}
    )
    shown = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row for row in shown if row["partition"] == 2] == [
        {"topic": kafka.topic, "partition": 2, "first": 0, "end": 3, "committed": 1, "lag": 2}
    ]
    assert {row["committed"] for row in shown if row["partition"] != 2} == {None}


def test_a_topic_that_is_missing_shows_the_command_that_makes_it(kafka: KafkaSettings) -> None:
    result = CliRunner().invoke(app, ["topics", "show", "--topic", "nowhere"])
    assert result.exit_code == 0
    assert "topics create" in result.stderr


def test_a_broker_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "CONNECT_TIMEOUT", 1.0)
    with pytest.raises(RetryableError, match=r"127\.0\.0\.1:1 "):
        ensure_topics(KafkaSettings(bootstrap_servers="127.0.0.1:1"))
