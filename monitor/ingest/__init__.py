"""From Kafka messages to posts and events.

contract     what a valid post is, and why others are refused; `field_checks` has its fields
json_values  JSON from outside
dates        dates in any notation
sources      platforms, and how their objects become fields of the contract
messages     the value of a message, of any source
batch        micro-batches of messages
"""

from monitor.ingest.batch import Batch, KafkaEvent, read_events, start_batch
from monitor.ingest.contract import REASONS, read_fields
from monitor.ingest.json_values import parse_json
from monitor.ingest.messages import SOURCE_HEADER, Item, read_items, read_message

__all__ = [
    "REASONS",
    "SOURCE_HEADER",
    "Batch",
    "Item",
    "KafkaEvent",
    "parse_json",
    "read_events",
    "read_fields",
    "read_items",
    "read_message",
    "start_batch",
]
