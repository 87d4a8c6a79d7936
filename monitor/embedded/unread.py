"""What the memory-only broker would take with it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from monitor.errors import MonitorError
from monitor.settings import KafkaSettings

PATIENCE = 5.0  # seconds; a shutdown does not wait longer for this


@dataclass(frozen=True)
class Unread:
    """Messages that only the broker has: tweets that no worker has read, and dead letters."""

    tweets: int
    dead_letters: int


def unread_messages(kafka: KafkaSettings) -> Unread | None:
    """Count what would be lost with the broker; None where it does not say in time."""
    counted: list[Unread] = []

    def count() -> None:
        from kafka.errors import KafkaError

        from monitor.topics import topic_states

        try:
            states = topic_states(kafka)
        except (MonitorError, KafkaError):
            return
        tweets = [s.end - s.first if s.lag is None else s.lag for s in states if s.topic == kafka.topic]
        letters = [s.end - s.first for s in states if s.topic == kafka.dead_letter_topic]
        counted.append(Unread(sum(tweets), sum(letters)))

    thread = threading.Thread(target=count, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return counted[0] if counted else None
