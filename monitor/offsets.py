"""Where partitions really end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from monitor.errors import RetryableError

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition

_PATIENCE: Final = 20.0


def end_offsets(consumer: KafkaConsumer, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Give for each partition the offset that its next message will get; changes the consumer's assignment.

    A Kafka broker says so when asked for the latest offset. Tansu then answers as if the last batch had
    one message (0.6.0), but tells the true end along with what it hands out: so we look there.

    Raises:
        RetryableError: the broker does not hand anything out for 20 seconds.
        KafkaError: the broker is away.
    """
    if not places:
        return {}
    consumer.assign(places)
    first = consumer.beginning_offsets(places)
    for place, claimed in consumer.end_offsets(places).items():
        consumer.seek(place, max(first[place], claimed - 1))
    deadline = time.monotonic() + _PATIENCE
    while any(consumer.highwater(place) is None for place in places):
        if time.monotonic() > deadline:
            raise RetryableError(f"the broker does not tell where {places[0].topic} ends: try again")
        consumer.poll(timeout_ms=200)
    return {place: consumer.highwater(place) for place in places}
