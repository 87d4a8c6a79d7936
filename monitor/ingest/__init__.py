"""From Kafka messages to posts and events.

contract        what a valid post is, and why others are refused; `field_checks` has its fields
json_values     JSON from outside
dates           dates in any notation
future_dates    dates that lie in the future
sources         platforms, and how their objects become fields of the contract
messages        the value of a message, of any source
batch           micro-batches of messages
unread_offsets  what stands for messages that the broker has, or had, and nobody can read
"""

from monitor.ingest.batch import Batch, KafkaEvent, read_events, start_batch, topic_id_of
from monitor.ingest.contract import REASONS, read_fields
from monitor.ingest.json_values import parse_json
from monitor.ingest.messages import SOURCE_HEADER, Item, read_items, read_message
from monitor.ingest.unread_offsets import DAMAGED_BATCH, EXPIRED, UNREAD_REASONS, UnreadOffsets

__all__ = [
    "DAMAGED_BATCH",
    "EXPIRED",
    "REASONS",
    "SOURCE_HEADER",
    "UNREAD_REASONS",
    "Batch",
    "Item",
    "KafkaEvent",
    "UnreadOffsets",
    "parse_json",
    "read_events",
    "read_fields",
    "read_items",
    "read_message",
    "start_batch",
    "topic_id_of",
]
