"""Alerts over Redis: publishing to a Redis Stream and a channel, and reading the stream."""

from monitor.alerts.redis.connection import connect, location_of, tls_arguments, translate_redis_errors
from monitor.alerts.redis.group import GroupReader, open_reader
from monitor.alerts.redis.publishing import RedisPublisher
from monitor.alerts.redis.tail import TailReader
from monitor.alerts.redis.trimming import trim_alerts

__all__ = [
    "GroupReader",
    "RedisPublisher",
    "TailReader",
    "connect",
    "location_of",
    "open_reader",
    "tls_arguments",
    "translate_redis_errors",
    "trim_alerts",
]
