"""Dead letters on a real broker."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.deadletters import dead_letter
from monitor.errors import PoisonError
from monitor.kafka import open_producer
from monitor.records import Origin, RefusedMessage
from monitor.settings import KafkaSettings
from tests.monitor.deadletters.letters import SendLetters
from tests.monitor.messages import read_post


@pytest.fixture
def send_letters(kafka: KafkaSettings) -> SendLetters:
    """Sends dead letters as the worker does. A valid value stands for one that an older contract refused."""

    def send(*values: bytes | None) -> None:
        producer = open_producer(kafka)
        for offset, value in enumerate(values):
            try:
                read_post(value)
                error = PoisonError("bad-id", "an older contract was narrower")
            except PoisonError as refusal:
                error = refusal
            origin = Origin(kafka.topic, 1, offset, datetime(2026, 3, 14, tzinfo=UTC), b"old key", value)
            letter = dead_letter(RefusedMessage(origin, error))
            sent = producer.send(
                kafka.dead_letter_topic, letter.value, key=letter.key, headers=letter.headers
            )
            sent.get(30)
        producer.close()

    return send
