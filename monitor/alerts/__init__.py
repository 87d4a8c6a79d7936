"""Alerts: raised from a scored tweet, published once by the relay, followed by subscribers."""

from monitor.alerts.raising import alerts_of
from monitor.alerts.relay import Relay

__all__ = ["Relay", "alerts_of"]
