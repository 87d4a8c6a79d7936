"""The partitions of a topic, and whether a topic is missing or only hidden from us.

Without the right to describe a topic, a broker leaves it out of the list of topics. It says why only to those
who ask for it by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from monitor.kafka.clients import open_admin
from monitor.kafka.listeners import missing_right_error
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition


def partitions_of(kafka: KafkaSettings, consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    """Return the partitions of a topic in their order; none if there is no such topic. Blocking.

    Raises:
        FatalError: the broker does not allow us to see the topic.
        KafkaError: no broker answers.
    """
    from kafka import TopicPartition

    numbers = sorted(consumer.partitions_for_topic(topic) or ())
    if not numbers:
        with open_admin(kafka) as admin:
            require_visible(kafka, admin, topic)
    return [TopicPartition(topic, number) for number in numbers]


def require_visible(kafka: KafkaSettings, admin: KafkaAdminClient, topic: str) -> None:
    """Check that the broker does not hide a topic from us. A topic that is missing is not hidden. Blocking.

    Raises:
        FatalError: we may not describe the topic.
        KafkaError: no broker answers.
    """
    from kafka.errors import TopicAuthorizationFailedError

    described: list[dict[str, Any]] = admin.describe_topics([topic])
    if any(answer.get("error_code") == TopicAuthorizationFailedError.errno for answer in described):
        raise missing_right_error(kafka, TopicAuthorizationFailedError(topic))
