"""The producer of dead letters, which does not wait for ever on a connection where nothing answers."""

from __future__ import annotations

from typing import Any

from faust.transport.drivers import aiokafka as driver


class LetterProducer(driver.Producer):  # type: ignore[misc] # Faust ships no usable types
    """Faust's producer with two limits of time instead of one.

    aiokafka has one setting for the answer to a request and for how long a message is sent again and again.
    Faust sets it to 20 minutes, which is right for a broker that is away. But if a broker hangs with its
    connections open, letters would wait for its answer as long, although another broker leads the topic now.
    """

    def _new_producer(self, *arguments: Any, **options: Any) -> Any:
        producer = super()._new_producer(*arguments, **options)
        producer.client._request_timeout_ms = int(self.app.conf.broker_request_timeout * 1_000)
        return producer
