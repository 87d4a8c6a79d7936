"""Posts on the topic: at a bounded rate, in a thread, until it is stopped; or as many as possible at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError

from monitor.settings import KafkaSettings

TICK: Final = 0.1
"""Seconds between two groups of posts."""


class PacedFeed:
    """Sends posts in a thread while the `with` block runs.

    Args:
        kafka: which broker and topic.
        texts: of the posts, which repeat; a number makes each of them different.
        rate: posts a second.

    Attributes:
        sent: posts that the broker has confirmed.
        failed: posts that it has not.
    """

    def __init__(self, kafka: KafkaSettings, texts: Sequence[str], rate: float) -> None:
        self._kafka = kafka
        self._texts = texts
        self._rate = rate
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self.sent = 0
        self.failed = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop, and wait for the last confirmations."""
        self._stopping.set()
        self._thread.join(30)

    def _run(self) -> None:
        producer = KafkaProducer(bootstrap_servers=self._kafka.bootstrap_servers, acks="all")
        started, number = time.monotonic(), 0
        while not self._stopping.wait(TICK):
            due = int((time.monotonic() - started) * self._rate)
            futures = [producer.send(self._kafka.topic, *self._post(n)) for n in range(number, due)]
            number = max(number, due)
            for future in futures:
                try:
                    future.get(timeout=30)
                    self.sent += 1
                except KafkaError:
                    self.failed += 1
        producer.close()

    def _post(self, number: int) -> tuple[bytes, bytes]:
        return post_message(f"soak-{number:09}", f"{self._texts[number % len(self._texts)]} {number}")


def fill_topic(kafka: KafkaSettings, texts: Sequence[str], count: int, show: Callable[[int], None]) -> int:
    """Send many posts as fast as possible, and return how many the broker has confirmed.

    Args:
        kafka: which broker and topic.
        texts: of the posts, which repeat.
        count: of posts.
        show: called now and then with the number of posts so far.

    Raises:
        KafkaError: the broker does not take them.
    """
    producer = KafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers, acks="all", linger_ms=50, batch_size=256 * 1024
    )
    try:
        for number in range(count):
            text = f"{texts[number % len(texts)]} {number}"
            producer.send(kafka.topic, *post_message(f"backlog-{number:09}", text))
            if number % 10_000 == 0:
                show(number)
        producer.flush()
    finally:
        producer.close()
    return count


def post_message(post_id: str, text: str) -> tuple[bytes, bytes]:
    """Return the value and the key of a message."""
    post = {"id": post_id, "text": text, "created_at": datetime.now(UTC).isoformat(), "lang": "en"}
    return json.dumps(post).encode(), post_id.encode()
