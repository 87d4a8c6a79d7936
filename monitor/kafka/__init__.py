"""Kafka for the commands; the worker reads and writes through Faust.

clients         how a client is opened
listeners       the first look at a broker, and the error if none answers; `first_requests` are what it sends
security        how clients log in
tls             whose certificates are trusted, and which one we show
oauth_tokens    tokens for logins with OAUTHBEARER
topics          the topics of tweets and dead letters, and their offsets
visible_topics  the partitions of a topic, and whether we may see it
topic_identity  which topic this is, if another one had its name before
rewinding       moving the offsets of the workers
"""

from monitor.kafka.clients import closing_quietly, open_admin, open_consumer, open_producer
from monitor.kafka.listeners import (
    CONNECT_TIMEOUT,
    broker_away_error,
    lacks_right,
    missing_right_error,
    require_listener,
    servers_of,
)
from monitor.kafka.oauth_tokens import TokenSource, token_source
from monitor.kafka.rewinding import Move, move_offsets, offsets_since, plan_moves
from monitor.kafka.security import client_security, password_of
from monitor.kafka.tls import tls_context
from monitor.kafka.topic_identity import (
    TopicIdentity,
    commit_note,
    is_our_note,
    look_up_topic,
    noted_in,
    noted_topic,
)
from monitor.kafka.topics import (
    PartitionState,
    count_waiting,
    end_offsets,
    ensure_topics,
    require_topic,
    topic_states,
)
from monitor.kafka.visible_topics import partitions_of

__all__ = [
    "CONNECT_TIMEOUT",
    "Move",
    "PartitionState",
    "TokenSource",
    "TopicIdentity",
    "broker_away_error",
    "client_security",
    "closing_quietly",
    "commit_note",
    "count_waiting",
    "end_offsets",
    "ensure_topics",
    "is_our_note",
    "lacks_right",
    "look_up_topic",
    "missing_right_error",
    "move_offsets",
    "noted_in",
    "noted_topic",
    "offsets_since",
    "open_admin",
    "open_consumer",
    "open_producer",
    "partitions_of",
    "password_of",
    "plan_moves",
    "require_listener",
    "require_topic",
    "servers_of",
    "tls_context",
    "token_source",
    "topic_states",
]
