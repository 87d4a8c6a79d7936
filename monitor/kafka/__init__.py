"""Kafka for the commands: clients (`clients`) and the two topics (`topics`). The worker reads with Faust."""

from monitor.kafka.clients import (
    CONNECT_TIMEOUT,
    broker_away_error,
    closing_quietly,
    open_admin,
    open_consumer,
    open_producer,
)
from monitor.kafka.topics import PartitionState, end_offsets, ensure_topics, topic_states

__all__ = [
    "CONNECT_TIMEOUT",
    "PartitionState",
    "broker_away_error",
    "closing_quietly",
    "end_offsets",
    "ensure_topics",
    "open_admin",
    "open_consumer",
    "open_producer",
    "topic_states",
]
