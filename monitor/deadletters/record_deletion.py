"""The two ways to delete old records: Kafka's own request, and for brokers without it, a new topic.

Kafka deletes only whole files (segments) from its disk. So the copies go to a new segment; the old one, with
the removed letters, is then deleted at the broker's next check of its logs (every 5 minutes by default).

The embedded broker, Tansu 0.6, does not implement the request. There the letters are copied to a second
topic, their topic is created again, and they are copied back. It keeps everything in memory only.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import structlog

from monitor.deadletters.stored_letters import RECEIPT_FOR, headers_of, read_messages, receipt_offset
from monitor.deadletters.survivors import CONFIRMATION_TIMEOUT, ScrubPlan, SurvivorCopy
from monitor.errors import MonitorError
from monitor.kafka import closing_quietly, end_offsets, open_admin, open_consumer, open_producer
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

log = structlog.get_logger()

ROLL_MS: Final = 1_000
"""Age in milliseconds at which a segment is closed while letters are removed."""

EMBEDDED_CLUSTER: Final = "tansu_cluster"
"""Id of the cluster of the embedded broker."""


class ScrubError(MonitorError):
    """The broker does not allow the deletion of letters, or cannot delete. They are still there."""


def remove_letters(kafka: KafkaSettings, ends: Mapping[TopicPartition, int], plan: ScrubPlan) -> None:
    """Copy the letters that stay, and delete everything before `ends`.

    Args:
        kafka: the broker and its topics.
        ends: for each partition of the dead-letter topic, the offset up to which `plan` was made.
        plan: which letters go.

    Raises:
        ScrubError: the broker refuses the deletion. Nothing was copied.
        KafkaError: the broker is away.
    """
    with open_admin(kafka) as admin:
        is_embedded = _is_embedded(admin)
    if is_embedded:
        _delete_by_recreation(kafka, ends, plan)
    else:
        affected = {place: end for place, end in ends.items() if place.partition in plan.partitions}
        _delete_records(kafka, affected, plan)


def _delete_records(kafka: KafkaSettings, ends: Mapping[TopicPartition, int], plan: ScrubPlan) -> None:
    from kafka.errors import PolicyViolationError, TopicAuthorizationFailedError

    with open_consumer(kafka) as consumer, open_admin(kafka) as admin:
        try:
            # Deletes nothing, but is refused if the deletion would be.
            admin.delete_records(consumer.beginning_offsets(list(ends)))
        except TopicAuthorizationFailedError:
            raise ScrubError(
                f"the broker does not allow us to delete records of {kafka.dead_letter_topic}",
                "grant the operation DELETE on this topic with kafka-acls",
            ) from None
        except PolicyViolationError:
            raise ScrubError(
                f"the cleanup.policy of {kafka.dead_letter_topic} does not allow deleting records",
                "set it to delete with kafka-configs",
            ) from None
        producer = open_producer(kafka)
        with closing_quietly(producer):
            _start_segments(admin, producer, list(ends))
            SurvivorCopy(producer, kafka.dead_letter_topic, plan).send(read_messages(consumer, ends))
        admin.delete_records(dict(ends))


def _delete_by_recreation(kafka: KafkaSettings, ends: Mapping[TopicPartition, int], plan: ScrubPlan) -> None:
    """Copy the letters that stay to a second topic, create their topic again, and copy them back.

    If this dies in between, `finish_recreation` copies them back. A letter that arrives in the moment between
    the last look at the topic and its deletion is lost.
    """
    topic, second = kafka.dead_letter_topic, _second_topic(kafka)
    with open_admin(kafka) as admin:
        _create(admin, second, len(ends))
    producer = open_producer(kafka)
    with closing_quietly(producer), open_consumer(kafka) as consumer:
        copy = SurvivorCopy(producer, second, plan)
        starts: Mapping[TopicPartition, int] = {}
        while starts != ends:
            copy.send(read_messages(consumer, ends, starts))
            starts, ends = ends, end_offsets(consumer, list(ends))
    with open_admin(kafka) as admin:
        admin.delete_topics([topic])
        _create(admin, topic, len(ends))
    finish_recreation(kafka)


def finish_recreation(kafka: KafkaSettings) -> None:
    """Copy letters back from the second topic, if there is one, and delete it.

    If an earlier scrub died before it deleted the topic, its letters are there twice afterwards.

    Raises:
        KafkaError: the broker is away.
    """
    from kafka import TopicPartition

    topic, second = kafka.dead_letter_topic, _second_topic(kafka)
    with open_admin(kafka) as admin:
        topics = set(admin.list_topics())
        if second not in topics or not _is_embedded(admin):
            return
        with open_consumer(kafka) as consumer:
            places = [TopicPartition(second, p) for p in sorted(consumer.partitions_for_topic(second) or ())]
            if topic not in topics:
                _create(admin, topic, len(places))
            producer = open_producer(kafka)
            with closing_quietly(producer):
                ends = end_offsets(consumer, places)
                plan = ScrubPlan(replayed=_replayed(consumer, ends))
                SurvivorCopy(producer, topic, plan, keep_names=True).send(read_messages(consumer, ends))
        admin.delete_topics([second])


def _replayed(consumer: KafkaConsumer, ends: Mapping[TopicPartition, int]) -> set[tuple[int, int]]:
    receipts = (
        (message.partition, receipt_offset(headers_of(message))) for message in read_messages(consumer, ends)
    )
    return {(partition, offset) for partition, offset in receipts if offset is not None}


def _start_segments(admin: KafkaAdminClient, producer: KafkaProducer, places: list[TopicPartition]) -> None:
    """Make the next records of the partitions go to new segments. Without the right to do so, warn."""
    from kafka.admin import ConfigResource, ConfigResourceType
    from kafka.errors import KafkaError

    def resource(configs: Any) -> Any:
        return ConfigResource(ConfigResourceType.TOPIC, places[0].topic, configs)

    try:
        described = admin.describe_configs([resource({"segment.ms": None})])
        before = described["topic"][places[0].topic].get("segment.ms", {}).get("value")
        admin.alter_configs([resource({"segment.ms": str(ROLL_MS)})])
    except KafkaError as error:
        log.warning(
            "removed letters stay in the broker's files until their segment is deleted",
            topic=places[0].topic,
            problem=str(error),
            advice="grant the operations DESCRIBE_CONFIGS and ALTER_CONFIGS on this topic with kafka-acls",
        )
        return
    try:
        time.sleep(1.2 * ROLL_MS / 1000)
        # A receipt for no letter: it is never listed, and the next scrub leaves it out.
        headers = [(RECEIPT_FOR, b"-1")]
        markers = [producer.send(p.topic, b"", headers=headers, partition=p.partition) for p in places]
        for confirmation in markers:
            confirmation.get(timeout=CONFIRMATION_TIMEOUT)
    finally:
        if before is None or before == str(ROLL_MS):  # the latter was left by a scrub that died
            admin.reset_configs([resource(["segment.ms"])])
        else:
            admin.alter_configs([resource({"segment.ms": before})])


def _create(admin: KafkaAdminClient, topic: str, partitions: int) -> None:
    from kafka.errors import TopicAlreadyExistsError

    try:
        admin.create_topics({topic: {"num_partitions": partitions, "replication_factor": 1}})
    except TopicAlreadyExistsError:
        return
    admin.wait_for_topics([topic])


def _is_embedded(admin: KafkaAdminClient) -> bool:
    return bool(admin.describe_cluster()["cluster_id"] == EMBEDDED_CLUSTER)


def _second_topic(kafka: KafkaSettings) -> str:
    return f"{kafka.dead_letter_topic}.scrub"
