"""The records that pass from stage to stage: a message, its tweet, the prediction, the alerts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models import TweetPrediction
from monitor.errors import PoisonError


@dataclass(frozen=True, slots=True)
class Tweet:
    """A valid tweet.

    Attributes:
        id: the platform's id, as text (JavaScript numbers cannot hold every id).
        text: what was posted. Offsets of mentions count its code points.
        author_id: the platform's id of the author, or None; never stored as it is.
        created_at: when it was posted, timezone-aware, or None.
        lang: BCP 47 language tag from the platform, or None.
    """

    id: str
    text: str
    author_id: str | None = None
    created_at: datetime | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """The Kafka message that a tweet was read from.

    Attributes:
        topic: name of the topic.
        partition: partition of the topic.
        offset: offset in the partition.
        timestamp: when Kafka received the message, timezone-aware.
        key: key of the message as raw bytes, or None.
        value: value of the message as raw bytes, or None. Not part of `repr`: it holds a tweet.
    """

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: bytes | None = field(default=None, repr=False)
    value: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReceivedTweet:
    """A tweet and the message that it was read from."""

    tweet: Tweet
    origin: Origin

    @property
    def posted_at(self) -> datetime:
        """When the tweet was posted, or Kafka's timestamp if the tweet has no date."""
        return self.tweet.created_at or self.origin.timestamp


@dataclass(frozen=True, slots=True)
class ScoredTweet:
    """A received tweet and its prediction."""

    received: ReceivedTweet
    prediction: TweetPrediction


@dataclass(frozen=True, slots=True)
class RefusedMessage:
    """A message that cannot be used and becomes a dead letter, and the reason."""

    origin: Origin
    error: PoisonError


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a partition is done: each message before `next_offset` is in the database or a dead letter."""

    topic: str
    partition: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One adverse effect in one tweet, published once.

    Attributes:
        alert_id: the same whenever the tweet is processed again, so that no second alert is raised.
        tweet_id: the tweet that reports the effect.
        payload: what subscribers receive, ready for JSON; `schemas/alert.schema.json` describes it.
    """

    alert_id: str
    tweet_id: str
    payload: Mapping[str, Any]
