"""From Kafka messages to tweets: what a valid message is (`contract`), and micro-batches (`batch`)."""

from monitor.ingest.batch import Batch, KafkaEvent, read_events, start_batch
from monitor.ingest.contract import REASONS, parse_object, read_message

__all__ = ["REASONS", "Batch", "KafkaEvent", "parse_object", "read_events", "read_message", "start_batch"]
