"""A broker, a Postgres and a Valkey that the monitor starts by itself, on loopback."""

from monitor.embedded.broker import Broker
from monitor.embedded.endpoints import Endpoints, read_endpoints
from monitor.embedded.postgres import Postgres
from monitor.embedded.stack import EmbeddedStack
from monitor.embedded.valkey import Valkey

__all__ = ["Broker", "EmbeddedStack", "Endpoints", "Postgres", "Valkey", "read_endpoints"]
