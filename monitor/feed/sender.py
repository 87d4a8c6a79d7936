"""Send messages so that "sent" means: the broker has them."""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from types import TracebackType
from typing import Any, Final

from monitor.errors import RetryableError
from monitor.feed.entries import TweetMessage
from monitor.kafka.clients import CONNECT_TIMEOUT, broker_away_error, open_producer
from monitor.settings import KafkaSettings

MAX_IN_FLIGHT: Final = 32 * 1_048_576
"""Bytes that may wait for the broker; kafka-python itself would queue without end."""

DELIVERY_TIMEOUT: Final = 15.0
"""Seconds until a message that the broker does not acknowledge counts as failed."""


class Sender:
    """Sends to the topic of `kafka`, as a context manager that waits for what is under way.

    Attributes:
        handed_over: messages that were given to the producer.
        sent: messages that the broker acknowledged.
        failed: messages that it did not, within `DELIVERY_TIMEOUT`.
        failure: the first error of a failed message.

    Raises:
        RetryableError: no broker answers.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        # gzip comes with Python: every consumer can read it, without another library.
        self._producer = open_producer(
            kafka,
            compression_type="gzip",
            linger_ms=20,
            batch_size=128 * 1024,
            max_block_ms=int(CONNECT_TIMEOUT * 1000),
            request_timeout_ms=int(DELIVERY_TIMEOUT * 600),
            delivery_timeout_ms=int(DELIVERY_TIMEOUT * 1000),
        )
        self._room = threading.Condition()
        self._in_flight = 0
        self.handed_over = 0
        self.sent = 0
        self.failed = 0
        self.failure: BaseException | None = None

    def send(self, message: TweetMessage) -> None:
        """Hand a message over; waits while too much is under way.

        Raises:
            RetryableError: a message before this one failed, or the broker does not take any.
        """
        from kafka.errors import KafkaError

        size = len(message.key) + len(message.value)
        with self._room:
            # Each message under way ends within DELIVERY_TIMEOUT, so this wait is bounded too.
            self._room.wait_for(lambda: self._in_flight < MAX_IN_FLIGHT or self.failed)
            if self.failed:
                raise broker_away_error(self._kafka, self.failure)
            self._in_flight += size
        try:
            future = self._producer.send(self._kafka.topic, message.value, key=message.key)
        except KafkaError as error:
            self._ended(size, error, None)
            raise broker_away_error(self._kafka, error) from None
        self.handed_over += 1
        future.add_callback(partial(self._ended, size, None))
        future.add_errback(lambda error: self._ended(size, error, None))

    def flush(self) -> None:
        """Wait for all that is under way.

        Raises:
            RetryableError: some of it failed, now or before.
        """
        from kafka.errors import KafkaTimeoutError

        with contextlib.suppress(KafkaTimeoutError):
            self._producer.flush(timeout=DELIVERY_TIMEOUT + 1)
        missing = self.handed_over - self.sent
        if missing:
            raise RetryableError(
                f"{missing} tweets were not acknowledged: {broker_away_error(self._kafka, self.failure)}. "
                "Then feed them again: a tweet that comes twice is counted once"
            )

    def __enter__(self) -> Sender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # All that could be sent was waited for in `flush`.
        self._producer.close(timeout=1)

    def _ended(self, size: int, error: BaseException | None, metadata: Any) -> None:
        with self._room:
            self._in_flight -= size
            if error is None:
                self.sent += 1
            else:
                self.failed += 1
                self.failure = self.failure or error
            self._room.notify()
