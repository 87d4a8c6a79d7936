"""What the embedded broker would lose when it stops."""

from __future__ import annotations

import json

import pytest
from kafka import KafkaProducer

from monitor.deadletters.stored_letters import RECEIPT_FOR, SENT_TO
from monitor.embedded import broker
from monitor.embedded.broker import UnreadMessages, count_unread_messages
from monitor.settings import KafkaSettings, Settings


def test_unread_tweets_and_unreplayed_letters_are_counted(settings: Settings) -> None:
    kafka = settings.kafka
    assert count_unread_messages(kafka) == UnreadMessages(0, 0)
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers)
    for number in range(7):
        producer.send(kafka.topic, json.dumps({"id": str(number), "text": "hi"}).encode())
    for _ in range(2):
        producer.send(kafka.dead_letter_topic, b"what?")
    producer.flush()
    receipt = [(RECEIPT_FOR, b"0"), (SENT_TO, b"tweets:0:7")]
    producer.send(kafka.dead_letter_topic, b"", headers=receipt)
    producer.close()
    assert count_unread_messages(kafka) == UnreadMessages(7, 1), (
        "neither replayed letters nor receipts are lost"
    )


def test_a_broker_that_does_not_answer_does_not_delay_a_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "COUNT_TIMEOUT", 0.5)
    assert count_unread_messages(KafkaSettings(bootstrap_servers="127.0.0.1:1")) is None
