"""The two topics are created once, left alone afterwards, and shown with their offsets."""

from __future__ import annotations

import json
import re

import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from monitor.cli.app import app
from monitor.errors import RetryableError
from monitor.kafka import (
    clients,
    count_waiting,
    ensure_topics,
    open_consumer,
    open_producer,
    require_listener,
    topic_states,
)
from monitor.settings import KafkaSettings


def test_missing_topics_are_created_once(kafka: KafkaSettings) -> None:
    missing = kafka.model_copy(update={"topic": f"{kafka.topic}-new", "partitions": 3})
    assert ensure_topics(missing) == [missing.topic, missing.dead_letter_topic]
    assert ensure_topics(missing.model_copy(update={"partitions": 5})) == []
    assert [state.topic for state in topic_states(missing)] == [missing.topic] * 3 + [
        missing.dead_letter_topic
    ]


def test_the_end_is_behind_the_last_message_of_a_compressed_batch(kafka: KafkaSettings) -> None:
    producer = open_producer(kafka, compression_type="gzip", linger_ms=1_000)
    futures = [producer.send(kafka.topic, b"x", partition=1) for _ in range(5)]
    producer.flush(30)
    assert futures[-1].get(30).offset == 4
    producer.close()
    ends = {state.partition: state.end for state in topic_states(kafka) if state.topic == kafka.topic}
    assert ends == {0: 0, 1: 5, 2: 0, 3: 0}


async def test_the_end_is_known_behind_messages_whose_codec_kafka_python_lacks(kafka: KafkaSettings) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers, compression_type="zstd", linger_ms=100
    ) as producer:
        for number in range(12):
            await producer.send(kafka.topic, b"x" * 100, partition=number % 4)
    ends = {state.partition: state.end for state in topic_states(kafka) if state.topic == kafka.topic}
    assert ends == dict.fromkeys(range(4), 3)


def test_show_reports_the_offsets_that_the_workers_have_committed(kafka: KafkaSettings) -> None:
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
        {"topic": kafka.topic, "partition": 2, "first": 0, "end": 3, "committed": 1, "lag": 2, "lost": 0}
    ]
    assert {row["committed"] for row in shown if row["partition"] != 2} == {None}


def test_waiting_messages_are_those_that_the_group_has_not_read(kafka: KafkaSettings) -> None:
    from kafka import OffsetAndMetadata, TopicPartition

    assert count_waiting(kafka.model_copy(update={"topic": "nowhere"})) is None
    assert count_waiting(kafka) == 0
    producer = open_producer(kafka)
    for partition in (0, 1, 1, 1):
        producer.send(kafka.topic, b"x", partition=partition).get(30)
    producer.close()
    assert count_waiting(kafka) == 4
    with open_consumer(kafka, group_id=kafka.group_id) as consumer:
        consumer.assign([TopicPartition(kafka.topic, 1)])
        consumer.commit({TopicPartition(kafka.topic, 1): OffsetAndMetadata(2, "", -1)})
    assert count_waiting(kafka) == 2


def test_for_a_missing_topic_show_fails_and_names_the_command_that_creates_it(kafka: KafkaSettings) -> None:
    result = CliRunner().invoke(app, ["topics", "show", "--topic", "nowhere"])
    assert result.exit_code == 1
    assert "topics create" in result.stderr


def test_a_broker_that_does_not_listen_is_named() -> None:
    with pytest.raises(RetryableError, match=r"127\.0\.0\.1:1 .*refused"):
        ensure_topics(KafkaSettings(bootstrap_servers="127.0.0.1:1"))


@pytest.mark.slow
def test_a_patient_client_waits_for_a_broker_that_is_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "CONNECT_TIMEOUT", 1.0)
    with pytest.raises(RetryableError, match=r"127\.0\.0\.1:1 "):
        ensure_topics(KafkaSettings(bootstrap_servers="127.0.0.1:1"), patient=True)


@pytest.mark.parametrize("servers", ["nonsense", "host:port", "[::1]:99999", "unknown.invalid:9092"])
def test_an_address_that_is_not_one_is_named(servers: str) -> None:
    with pytest.raises(RetryableError, match=re.escape(servers)):
        require_listener(KafkaSettings(bootstrap_servers=servers))


def test_one_listening_broker_is_enough(kafka: KafkaSettings) -> None:
    servers = f"127.0.0.1:1, {kafka.bootstrap_servers}"
    require_listener(kafka.model_copy(update={"bootstrap_servers": servers}))
