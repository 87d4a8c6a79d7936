"""Dead letters on a real broker."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from monitor.deadletters import dead_letter
from monitor.errors import PoisonError
from monitor.ingest import read_message
from monitor.kafka import open_producer
from monitor.records import Origin, RefusedMessage
from monitor.settings import KafkaSettings
from tests.apache_kafka import ApacheKafka, apache_kafka
from tests.monitor.deadletters.letters import SendLetters


@pytest.fixture
def send_letters(kafka: KafkaSettings) -> SendLetters:
    """Sends dead letters as the worker does."""
    return sender_of(kafka)


@pytest.fixture(scope="session")
def apache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """A real Apache Kafka, which runs as long as the tests; without one, the test is skipped."""
    with apache_kafka(tmp_path_factory.mktemp("apache-kafka")) as server:
        yield server


@pytest.fixture
def apache_topics(apache: ApacheKafka) -> KafkaSettings:
    """Fresh topics on a real Apache Kafka; the dead letters have two partitions."""
    topic = f"tweets-{uuid.uuid4().hex[:12]}"
    admin = KafkaAdminClient(bootstrap_servers=apache.bootstrap)
    admin.create_topics([NewTopic(topic, 1, 1), NewTopic(f"{topic}.dlq", 2, 1)])
    admin.wait_for_topics([topic, f"{topic}.dlq"])
    admin.close()
    return KafkaSettings(bootstrap_servers=apache.bootstrap, topic=topic)


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.slow)])
def topics(request: pytest.FixtureRequest) -> KafkaSettings:
    """Fresh topics on the embedded broker, and on a real Apache Kafka."""
    name = "kafka" if request.param == "embedded" else "apache_topics"
    settings: KafkaSettings = request.getfixturevalue(name)
    return settings


def sender_of(kafka: KafkaSettings) -> SendLetters:
    """Return a function that sends dead letters as the worker does, to partition 0."""

    def send(*values: bytes | None, key: bytes | None = b"old key", source: str | None = None) -> None:
        producer = open_producer(kafka)
        for offset, value in enumerate(values):
            posted_at = datetime(2026, 3, 14, tzinfo=UTC)
            origin = Origin(kafka.topic, 1, offset, posted_at, key, value, source)
            letter = dead_letter(RefusedMessage(origin, fault_of(value, source)))
            producer.send(
                kafka.dead_letter_topic, letter.value, key=letter.key, headers=letter.headers, partition=0
            ).get(30)
        producer.close()

    return send


def fault_of(value: bytes | None, source: str | None) -> PoisonError:
    """Return why a message is refused. A valid one stands for one that an older contract refused."""
    try:
        items = read_message(value, source)
    except PoisonError as error:
        return error
    older = PoisonError("bad-id", "an older contract was narrower")
    return next((item for item in items if isinstance(item, PoisonError)), older)
