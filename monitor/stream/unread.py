"""How many messages of each partition are unread, as the broker sees it, and where the reader is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.kafka import broker_away_error, open_consumer, partitions_of
from monitor.settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class PartitionLag:
    """Where a partition begins and ends, and how far the group has committed.

    Attributes:
        first: offset of the oldest message that still exists.
        end: offset after the last message that may be read; those of open transactions may not.
        committed: offset that the group will read next, or None if it never committed.
    """

    first: int
    end: int
    committed: int | None

    def unread(self, position: int | None) -> int:
        """Return how many messages lie after the reader's position; None stands for the committed offset."""
        if position is None:
            position = self.first if self.committed is None else self.committed
        return max(0, self.end - max(position, self.first))


def find_unread(kafka: KafkaSettings) -> dict[int, PartitionLag]:
    """Return the state of each partition of the topic, over a connection of its own. Blocking.

    The worker's own client cannot answer this: what it knows ends where it stopped reading.

    Raises:
        RetryableError: the broker does not answer.
    """
    from kafka.errors import KafkaError

    options = {"group_id": kafka.group_id, "isolation_level": "read_committed"}
    with open_consumer(kafka, **options) as consumer:
        try:
            places = partitions_of(kafka, consumer, kafka.topic)
            if not places:
                return {}
            first, end = consumer.beginning_offsets(places), consumer.end_offsets(places)
            return {
                place.partition: PartitionLag(first[place], end[place], consumer.committed(place))
                for place in places
            }
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None


def require_broker(kafka: KafkaSettings) -> None:
    """Check that the broker answers. Blocking.

    Raises:
        RetryableError: it does not.
    """
    find_unread(kafka)


def missing_partitions(app: Any) -> str | None:
    """Return why the worker reads nothing, or None if it has partitions. Only for an app that was started."""
    positions = reader_positions(app)
    if positions is None:
        return "are not assigned: the group rebalances"
    return None if positions else "are all with other workers"


def reader_positions(app: Any) -> Mapping[int, int | None] | None:
    """Return where the worker's reader is in each partition that it is assigned.

    None for a partition means that the position is not known yet.

    Args:
        app: the Faust app. Faust shows offsets that were delivered only, and these stand still before a
            control record, so this reads the state of aiokafka.

    Returns:
        By partition; None if there is no valid assignment, because the group rebalances.
    """
    consumer = getattr(getattr(app.consumer, "_thread", None), "_consumer", None)
    subscription = consumer and consumer._subscription.subscription
    assignment = subscription and subscription.assignment
    if not assignment or not assignment.active or app.rebalancing:
        return None
    return {place.partition: assignment.state_value(place)._position for place in assignment.tps}
