"""Alerts: raised from a scored tweet, published once by the relay, followed by subscribers."""

from monitor.alerts.relay import Relay
from monitor.alerts.rules import alerts_of

__all__ = ["Relay", "alerts_of"]
