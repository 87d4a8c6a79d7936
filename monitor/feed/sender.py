"""Send messages to Kafka, and count as sent only what the broker has acknowledged."""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from types import TracebackType
from typing import Any, Final

from monitor.errors import RetryableError
from monitor.feed.post_message import PostMessage
from monitor.kafka import CONNECT_TIMEOUT, broker_away_error, open_producer
from monitor.settings import KafkaSettings

MAX_IN_FLIGHT: Final = 32 * 1_048_576
"""Maximum number of bytes that wait for the broker; kafka-python itself has no limit."""

DELIVERY_TIMEOUT: Final = 15.0
"""Seconds until a message that the broker does not acknowledge counts as failed."""


class Sender:
    """Sends messages to the topic of `kafka`; a context manager. Call `flush` before its end.

    Attributes:
        accepted: messages that the producer has taken.
        sent: messages that the broker acknowledged.
        failed: messages that it did not acknowledge within `DELIVERY_TIMEOUT`.
        failure: error of the first failed message.

    Raises:
        RetryableError: no broker answers.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        # Python brings gzip, so every consumer can read it without another library.
        self._producer = open_producer(
            kafka,
            compression_type="gzip",
            linger_ms=20,
            batch_size=128 * 1024,
            max_block_ms=int(CONNECT_TIMEOUT * 1000),
            request_timeout_ms=int(DELIVERY_TIMEOUT * 600),
            delivery_timeout_ms=int(DELIVERY_TIMEOUT * 1000),
        )
        self._changed = threading.Condition()
        self._in_flight = 0
        self.accepted = 0
        self.sent = 0
        self.failed = 0
        self.failure: BaseException | None = None

    def send(self, message: PostMessage) -> None:
        """Send a message; wait while too many bytes are in flight.

        Raises:
            RetryableError: an earlier message failed, or the broker accepts none.
        """
        from kafka.errors import KafkaError

        size = len(message.key) + len(message.value)
        with self._changed:
            # Each message in flight ends within DELIVERY_TIMEOUT, so this wait ends, too.
            self._changed.wait_for(lambda: self._in_flight < MAX_IN_FLIGHT or self.failed)
            if self.failed:
                raise broker_away_error(self._kafka, self.failure)
            self._in_flight += size
        try:
            future = self._producer.send(self._kafka.topic, message.value, key=message.key)
        except KafkaError as error:
            self._delivery_ended(size, error, None)
            raise broker_away_error(self._kafka, error) from None
        self.accepted += 1
        future.add_callback(partial(self._delivery_ended, size, None))
        future.add_errback(lambda error: self._delivery_ended(size, error, None))

    def flush(self) -> None:
        """Wait until all messages are sent.

        Raises:
            RetryableError: some of them failed, now or earlier.
        """
        from kafka.errors import KafkaTimeoutError

        with contextlib.suppress(KafkaTimeoutError):
            self._producer.flush(timeout=DELIVERY_TIMEOUT + 1)
        missing = self.accepted - self.sent
        if missing:
            away = broker_away_error(self._kafka, self.failure)
            raise RetryableError(
                f"{missing} messages were not acknowledged: {away.fact}",
                f"{away.advice}. Then feed them again: a post that is fed twice counts once",
            )

    def __enter__(self) -> Sender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from kafka.errors import KafkaError

        # `flush` has waited for everything that could be sent. While the broker is away, even this may fail.
        with contextlib.suppress(KafkaError):
            self._producer.close(timeout=1)

    def _delivery_ended(self, size: int, error: BaseException | None, metadata: Any) -> None:
        with self._changed:
            self._in_flight -= size
            if error is None:
                self.sent += 1
            else:
                self.failed += 1
                self.failure = self.failure or error
            self._changed.notify()
