"""What the memory-only broker would take with it."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass

from monitor.errors import MonitorError
from monitor.settings import KafkaSettings

PATIENCE = 5.0  # seconds; a shutdown does not wait longer for this


@dataclass(frozen=True)
class Unread:
    """Messages that only the broker has: tweets that no worker has read, and letters not sent again."""

    tweets: int
    dead_letters: int


def unread_messages(kafka: KafkaSettings) -> Unread | None:
    """Count what would be lost with the broker; None where it does not say in time.

    Where time is short, the letters that were sent again count too.
    """
    counted: list[Unread] = []

    def count() -> None:
        from kafka.errors import KafkaError

        from monitor.deadletters.reading import read_letters
        from monitor.kafka.topics import topic_states

        try:
            states = topic_states(kafka)
        except (MonitorError, KafkaError):
            return
        tweets = sum(s.end - s.first if s.lag is None else s.lag for s in states if s.topic == kafka.topic)
        letters = sum(s.end - s.first for s in states if s.topic == kafka.dead_letter_topic)
        counted.append(Unread(tweets, letters))
        if letters:
            # Some of them are receipts, or were sent again; only reading them tells.
            with contextlib.suppress(MonitorError):
                counted.append(Unread(tweets, sum(letter.sent_to is None for letter in read_letters(kafka))))

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return counted[-1] if counted else None
