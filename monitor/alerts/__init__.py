"""Alerts: raised from scored posts, published and retracted by the relay, read by subscribers.

`rules` decides which predictions raise an alert, and `payload` has their JSON. `relay` publishes the outbox
through a `Publisher`, and `following` reads through an `AlertReader` (both in `ports`). `filtering` decides
what a subscriber with filters sees, and `outbox_state` how much waits. `redis` is the one broker of alerts so
far.
"""

from monitor.alerts.filtering import AlertFilter
from monitor.alerts.following import Show, follow
from monitor.alerts.outbox_state import read_outbox_state
from monitor.alerts.payload import AlertPayload, RetractionPayload, parse_payload, parse_retraction
from monitor.alerts.ports import AlertReader, AlertRevision, Publisher, PublishResult, StreamEntry
from monitor.alerts.relay import Relay
from monitor.alerts.rules import AlertRules

__all__ = [
    "AlertFilter",
    "AlertPayload",
    "AlertReader",
    "AlertRevision",
    "AlertRules",
    "PublishResult",
    "Publisher",
    "Relay",
    "RetractionPayload",
    "Show",
    "StreamEntry",
    "follow",
    "parse_payload",
    "parse_retraction",
    "read_outbox_state",
]
