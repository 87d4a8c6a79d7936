"""Kafka for the commands; the worker reads and writes through Faust.

clients       how a client is opened
listeners     the first look at a broker, and the error if none answers; `first_requests` are what it sends
security      how clients log in
tls           whose certificates are trusted, and which one we show
oauth_tokens  tokens for logins with OAUTHBEARER
topics        the topics of tweets and dead letters, and their offsets
"""

from monitor.kafka.clients import closing_quietly, open_admin, open_consumer, open_producer
from monitor.kafka.listeners import CONNECT_TIMEOUT, broker_away_error, require_listener, servers_of
from monitor.kafka.oauth_tokens import TokenSource, token_source
from monitor.kafka.security import client_security, password_of
from monitor.kafka.tls import tls_context
from monitor.kafka.topics import (
    PartitionState,
    count_waiting,
    end_offsets,
    ensure_topics,
    require_topic,
    topic_states,
)

__all__ = [
    "CONNECT_TIMEOUT",
    "PartitionState",
    "TokenSource",
    "broker_away_error",
    "client_security",
    "closing_quietly",
    "count_waiting",
    "end_offsets",
    "ensure_topics",
    "open_admin",
    "open_consumer",
    "open_producer",
    "password_of",
    "require_listener",
    "require_topic",
    "servers_of",
    "tls_context",
    "token_source",
    "topic_states",
]
