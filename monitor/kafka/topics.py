"""Where partitions really end.

The two topics: the one that the tweets are on, and the one for dead letters.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from monitor.errors import RetryableError

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition
from dataclasses import dataclass

from monitor.errors import FatalError
from monitor.kafka.clients import broker_away_error, open_admin, open_consumer
from monitor.settings import KafkaSettings

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


@dataclass(frozen=True)
class PartitionState:
    """How far a partition reaches, and how far the workers' group has read it.

    Attributes:
        first: offset of the oldest message that is still there.
        end: offset that the next message will get.
        committed: offset that the group will read next, or None where it never committed.
    """

    topic: str
    partition: int
    first: int
    end: int
    committed: int | None

    @property
    def lag(self) -> int | None:
        """Messages that the group has not read; None where it never committed."""
        return None if self.committed is None else max(0, self.end - self.committed)


def ensure_topics(kafka: KafkaSettings) -> list[str]:
    """Create the topic and its dead-letter topic where they are missing, and give the names of the new ones.

    A topic that is there already stays as it is, whatever its number of partitions. The dead-letter topic
    gets one partition, so that its letters have one order. Blocking.

    Raises:
        RetryableError: no broker answers.
        FatalError: the broker refuses to create a topic.
    """
    from kafka.errors import KafkaError, TopicAlreadyExistsError

    wanted = {"num_partitions": kafka.partitions, "replication_factor": kafka.replication_factor}
    created = []
    with open_admin(kafka) as admin:
        try:
            present = set(admin.list_topics())
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None
        for topic, partitions in ((kafka.topic, kafka.partitions), (kafka.dead_letter_topic, 1)):
            if topic in present:
                continue
            wanted = {"num_partitions": partitions, "replication_factor": kafka.replication_factor}
            try:
                admin.create_topics({topic: wanted})
                admin.wait_for_topics([topic])
            except TopicAlreadyExistsError:
                continue
            except KafkaError as error:
                raise FatalError(
                    f"the broker at {kafka.bootstrap_servers} does not create {topic} with {wanted}: "
                    f"{error}; create it by the broker's own tools"
                ) from None
            created.append(topic)
    return created


def topic_states(kafka: KafkaSettings) -> list[PartitionState]:
    """Tell how far both topics reach, partition by partition; a topic that is not there has none.

    Raises:
        RetryableError: no broker answers.
    """
    from kafka import TopicPartition
    from kafka.errors import KafkaError

    with open_consumer(kafka, group_id=kafka.group_id) as consumer:
        try:
            places = [
                TopicPartition(topic, partition)
                for topic in (kafka.topic, kafka.dead_letter_topic)
                for partition in sorted(consumer.partitions_for_topic(topic) or ())
            ]
            first = consumer.beginning_offsets(places) if places else {}
            end = end_offsets(consumer, places)
            return [
                PartitionState(p.topic, p.partition, first[p], end[p], consumer.committed(p)) for p in places
            ]
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None
