"""The two topics, for tweets and for dead letters: create them, and read how far they and the workers are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.errors import FatalError, RetryableError
from monitor.kafka.clients import open_admin, open_consumer
from monitor.kafka.listeners import broker_away_error, missing_right_error
from monitor.kafka.visible_topics import partitions_of, require_visible
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition

END_TIMEOUT: Final = 20.0
"""Seconds to wait until the broker shows where a partition ends."""


@dataclass(frozen=True)
class PartitionState:
    """How many messages a partition has, and how far the workers' group has read it.

    Attributes:
        topic: name of the topic.
        partition: partition of the topic.
        first: offset of the oldest message that still exists.
        end: offset that the next message will get.
        committed: offset that the group will read next, or None if it never committed.
    """

    topic: str
    partition: int
    first: int
    end: int
    committed: int | None

    @property
    def lag(self) -> int | None:
        """Messages that the group has not read, or None if it never committed."""
        return None if self.committed is None else max(0, self.end - self.committed)

    @property
    def lost(self) -> int:
        """Messages that were removed before the group read them."""
        return 0 if self.committed is None else max(0, self.first - self.committed)

    @property
    def waiting(self) -> int:
        """Messages that still exist and that the group has not read."""
        existing = self.end - self.first
        return existing if self.lag is None else min(existing, self.lag)


def ensure_topics(kafka: KafkaSettings, *, patient: bool = False) -> list[str]:
    """Create the topic and its dead-letter topic if they are missing, and return the names of the new ones.

    An existing topic stays as it is, whatever its number of partitions. The dead-letter topic gets one
    partition, so that its letters have one order. Blocking.

    Args:
        kafka: which broker, and which topics.
        patient: also wait for a broker that does not listen yet, because it is starting.

    Raises:
        RetryableError: no broker answers.
        FatalError: the broker refuses to create a topic.
    """
    from kafka.errors import AuthorizationError, KafkaError, TopicAlreadyExistsError

    created = []
    with open_admin(kafka, patient=patient) as admin:
        try:
            existing = set(admin.list_topics())
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None
        for topic, partitions in ((kafka.topic, kafka.partitions), (kafka.dead_letter_topic, 1)):
            if topic in existing:
                continue
            options = {"num_partitions": partitions, "replication_factor": kafka.replication_factor}
            try:
                admin.create_topics({topic: options})
                admin.wait_for_topics([topic])
            except TopicAlreadyExistsError:
                continue
            except AuthorizationError as error:
                raise missing_right_error(kafka, error) from None
            except KafkaError as error:
                raise FatalError(
                    f"the broker at {kafka.bootstrap_servers} refused to create {topic} with {options}: "
                    f"{error}",
                    "create the topic with the broker's own tools",
                ) from None
            created.append(topic)
    return created


def require_topic(kafka: KafkaSettings) -> None:
    """Check that the topic exists. Blocking.

    Raises:
        RetryableError: no broker answers.
        FatalError: the topic does not exist.
    """
    from kafka.errors import KafkaError

    with open_admin(kafka) as admin:
        try:
            existing = sorted(topic for topic in admin.list_topics() if not topic.startswith("_"))
            if kafka.topic not in existing:
                require_visible(kafka, admin, kafka.topic)
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None
    if kafka.topic not in existing:
        raise FatalError(
            f"the broker at {kafka.bootstrap_servers} has no topic {kafka.topic}; it has "
            f"{', '.join(existing) or 'none'}",
            "correct --topic, or create it with `ade-monitor topics create` or `feed --create-topic`",
        )


def topic_states(kafka: KafkaSettings) -> list[PartitionState]:
    """Return the state of each partition of both topics. A missing topic has no partitions.

    Raises:
        RetryableError: no broker answers.
    """
    from kafka.errors import KafkaError

    with open_consumer(kafka, group_id=kafka.group_id) as consumer:
        try:
            places = [
                place
                for topic in (kafka.topic, kafka.dead_letter_topic)
                for place in partitions_of(kafka, consumer, topic)
            ]
            first = consumer.beginning_offsets(places) if places else {}
            end = end_offsets(consumer, places)
            return [
                PartitionState(p.topic, p.partition, first[p], end[p], consumer.committed(p)) for p in places
            ]
        except KafkaError as error:
            raise broker_away_error(kafka, error) from None


def count_waiting(kafka: KafkaSettings) -> int | None:
    """Return how many messages of the topic the workers' group has not read, or None if there is no topic.

    Raises:
        RetryableError: no broker answers.
    """
    states = [state for state in topic_states(kafka) if state.topic == kafka.topic]
    if not states:
        return None
    return sum(state.waiting for state in states)


def end_offsets(consumer: KafkaConsumer, places: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Return for each partition the offset of its next message. Changes the consumer's assignment.

    A Kafka broker answers this directly. Tansu 0.6.0 answers as if the last batch had one message, but sends
    the true end along with the messages of that batch, so this function reads from there. It needs none of
    the messages, so it does not matter whether kafka-python has the library for their compression.

    Raises:
        RetryableError: the broker sends nothing for `END_TIMEOUT`.
        KafkaError: the broker is away.
    """
    from kafka.errors import UnsupportedCodecError

    if not places:
        return {}
    consumer.assign(places)
    first = consumer.beginning_offsets(places)
    for place, claimed in consumer.end_offsets(places).items():
        consumer.seek(place, max(first[place], claimed - 1))
    deadline = time.monotonic() + END_TIMEOUT
    while any(consumer.highwater(place) is None for place in places):
        if time.monotonic() > deadline:
            raise RetryableError(f"the broker does not report where {places[0].topic} ends", "try again")
        try:
            consumer.poll(timeout_ms=200)
        except UnsupportedCodecError:  # which the next call would raise again, about the same partition
            consumer.pause(*(place for place in places if consumer.highwater(place) is not None))
    ends = {place: consumer.highwater(place) for place in places}
    consumer.resume(*places)
    return ends
