"""From Kafka messages to tweets.

contract  what a valid message is, and why others are refused
batch     micro-batches of messages
"""

from monitor.ingest.batch import Batch, KafkaEvent, read_events, start_batch
from monitor.ingest.contract import REASONS, parse_object, read_message

__all__ = ["REASONS", "Batch", "KafkaEvent", "parse_object", "read_events", "read_message", "start_batch"]
