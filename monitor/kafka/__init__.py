"""Kafka for the commands; the worker reads and writes through Faust.

clients  how a client is opened, and the error if no broker answers
topics   the topics of tweets and dead letters, and their offsets
"""

from monitor.kafka.clients import (
    CONNECT_TIMEOUT,
    broker_away_error,
    closing_quietly,
    open_admin,
    open_consumer,
    open_producer,
    require_listener,
)
from monitor.kafka.topics import (
    PartitionState,
    count_waiting,
    end_offsets,
    ensure_topics,
    require_topic,
    topic_states,
)

__all__ = [
    "CONNECT_TIMEOUT",
    "PartitionState",
    "broker_away_error",
    "closing_quietly",
    "count_waiting",
    "end_offsets",
    "ensure_topics",
    "open_admin",
    "open_consumer",
    "open_producer",
    "require_listener",
    "require_topic",
    "topic_states",
]
