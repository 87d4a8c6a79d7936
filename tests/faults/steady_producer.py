"""A producer that sends messages all the time, and knows which of them the broker acknowledged."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from kafka.errors import KafkaError

from monitor.deadletters import read_letters
from monitor.kafka import open_producer
from monitor.settings import Settings
from tests.faults.dated_posts import dated_values
from tests.processes import wait_for

BROKEN_EVERY: Final = 20


class SteadyProducer:
    """Sends posts in a thread. Every fifth of them has an effect. After each twentieth, it sends nonsense.

    Args:
        settings: which topic.
        per_second: posts a second.

    Attributes:
        acknowledged: ids of the posts that the broker has.
        broken: partition and offset of the broken messages that it has.
    """

    def __init__(self, settings: Settings, *, per_second: int = 100) -> None:
        self.acknowledged: set[str] = set()
        self.broken: set[tuple[int, int]] = set()
        self._kafka = settings.kafka
        self._pause = 1 / per_second
        self._ending = threading.Event()
        self._producer = open_producer(settings.kafka, request_timeout_ms=5_000)
        self._thread = threading.Thread(target=self._send)

    @property
    def alerting(self) -> set[str]:
        """Ids of the acknowledged posts that cause an alert."""
        return {tweet_id for tweet_id in self.acknowledged if int(tweet_id) % 5 == 0}

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def wait_for_more(self, count: int, patience: float) -> None:
        """Wait until the broker has acknowledged `count` posts more than now."""
        target = len(self.acknowledged) + count
        wait_for(lambda: len(self.acknowledged) >= target, patience)

    def end(self) -> None:
        """Send no more posts, and wait until each is acknowledged or given up."""
        self._ending.set()
        self._thread.join()
        self._producer.close()

    def _send(self) -> None:
        number = 0
        waiting: list[tuple[str | None, Any]] = []
        while not self._ending.is_set():
            [value] = dated_values(1, first=number)
            waiting.append((str(number), self._producer.send(self._kafka.topic, value)))
            if number % BROKEN_EVERY == 0:
                waiting.append((None, self._producer.send(self._kafka.topic, b"{")))
            number += 1
            waiting = [sent for sent in waiting if not self._note(*sent)]
            time.sleep(self._pause)
        with suppress(KafkaError):  # what is not acknowledged does not count
            self._producer.flush(120)
        for sent in waiting:
            self._note(*sent)

    def _note(self, tweet_id: str | None, future: Any) -> bool:
        """Return True once a message is acknowledged or given up."""
        if not future.is_done:
            return False
        if future.succeeded() and tweet_id is None:
            self.broken.add((future.value.partition, future.value.offset))
        elif future.succeeded():
            self.acknowledged.add(str(tweet_id))
        return True

    def lost_letters(self) -> int:
        """Return how many of the broken messages have no dead letter."""
        named = [letter.headers for letter in read_letters(self._kafka)]
        return len(self.broken - {(int(name["ade-partition"]), int(name["ade-offset"])) for name in named})


@contextmanager
def steady_posts(settings: Settings) -> Iterator[SteadyProducer]:
    """Send posts during the block."""
    producer = SteadyProducer(settings)
    producer.start()
    try:
        yield producer
    finally:
        producer.end()
