"""Alerts: raised from scored tweets, published by the relay, read by subscribers.

`rules` decides which predictions raise an alert. `relay` publishes the outbox through a `Publisher`, and
`following` reads through a `Reader` (both in `ports`). `redis` is the one broker of alerts so far.
"""

from monitor.alerts.following import AlertFilter, Show, follow
from monitor.alerts.payload import AlertPayload, parse_payload
from monitor.alerts.ports import Publisher, PublishResult, Reader, StreamEntry
from monitor.alerts.relay import Relay
from monitor.alerts.rules import AlertRules

__all__ = [
    "AlertFilter",
    "AlertPayload",
    "AlertRules",
    "PublishResult",
    "Publisher",
    "Reader",
    "Relay",
    "Show",
    "StreamEntry",
    "follow",
    "parse_payload",
]
