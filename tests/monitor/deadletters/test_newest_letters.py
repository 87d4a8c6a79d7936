"""The newest letters are found from the end of the topic, on real brokers."""

from __future__ import annotations

import random
import time

from monitor.deadletters import SENT_TO, StoredLetter, newest_letters, read_letters
from monitor.deadletters.stored_letters import RECEIPT_FOR
from monitor.kafka import open_producer
from monitor.settings import KafkaSettings
from tests.monitor.deadletters.letters import SendLetters, run


def fill(topics: KafkaSettings, messages: int, seed: int) -> None:
    """Send letters of three reasons, and receipts for a third of them, to all partitions."""
    draw, now = random.Random(seed), int(time.time() * 1_000)  # older ones could expire at once
    producer = open_producer(topics)
    partitions = sorted(producer.partitions_for(topics.dead_letter_topic))
    counts = dict.fromkeys(partitions, 0)
    for number in range(messages):
        partition = draw.choice(partitions)
        headers = [("ade-reason", draw.choice(["empty", "not-json", "bad-id"]).encode())]
        if counts[partition] and draw.random() < 0.3:
            letter = draw.randrange(counts[partition])
            headers = [(RECEIPT_FOR, str(letter).encode()), (SENT_TO, f"tweets:0:{number}".encode())]
        producer.send(
            topics.dead_letter_topic,
            str(number).encode(),
            headers=headers,
            partition=partition,
            timestamp_ms=now + number,
        )
        counts[partition] += 1
    producer.flush()
    producer.close()


def is_waiting(letter: StoredLetter) -> bool:
    return letter.sent_to is None and letter.reason != "bad-id"


def test_the_newest_letters_are_those_that_reading_everything_finds(topics: KafkaSettings) -> None:
    fill(topics, 160, seed=7)
    letters = sorted(filter(is_waiting, read_letters(topics)), key=lambda letter: int(letter.value))
    assert len(letters) > 25
    for count, window in ((1, 1), (5, 3), (20, 7), (len(letters) + 1, 2), (10, 1_000)):
        newest = newest_letters(topics, count, is_waiting, window=window)
        assert list(newest.letters) == letters[-count:]
    everything = newest_letters(topics, len(letters) + 1, is_waiting)
    assert everything.unread == 0
    assert everything.reasons.total() == len(letters)


def test_letters_before_the_newest_are_not_read(kafka: KafkaSettings, send_letters: SendLetters) -> None:
    send_letters(*[b""] * 60)
    newest = newest_letters(kafka, 1, window=10)
    assert [letter.name for letter in newest.letters] == ["0:59"]
    assert newest.unread == 50
    assert newest.reasons == {"empty": 10}


def test_the_table_says_that_older_letters_were_not_read(
    kafka: KafkaSettings, send_letters: SendLetters
) -> None:
    send_letters(*[b""] * 130)
    result = run("list", "--limit", "2")
    assert "0:129" in result.stdout and "0:127" not in result.stdout
    assert "up to 30 messages that were not read" in result.stderr
    assert "130 in" in run("list", "--limit", "130").stderr


def test_a_topic_without_letters_has_no_newest_ones(kafka: KafkaSettings) -> None:
    newest = newest_letters(kafka, 3)
    assert (list(newest.letters), newest.unread) == ([], 0)
