"""The records that pass from stage to stage: read, score, store, alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import TweetPrediction


@dataclass(frozen=True, slots=True)
class Tweet:
    """A tweet as it came over Kafka, validated.

    Attributes:
        id: the platform's id, as text (snowflakes do not fit JavaScript numbers).
        text: what was posted; offsets of mentions count in it, in code points.
        author_id: the platform's id of its author, or None; never stored as it is.
        created_at: when it was posted, timezone-aware, or None.
        lang: BCP 47 tag as the platform gave it, or None.
    """

    id: str
    text: str
    author_id: str | None = None
    created_at: datetime | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where in Kafka a message stood: its topic, partition, offset, and the broker's timestamp."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class ReceivedTweet:
    """A tweet together with the place where it was read."""

    tweet: Tweet
    origin: Origin

    @property
    def posted_at(self) -> datetime:
        """When the tweet was posted; the broker's timestamp where the tweet does not say."""
        return self.tweet.created_at or self.origin.timestamp


@dataclass(frozen=True, slots=True)
class ScoredTweet:
    """A received tweet and what the model says of it."""

    received: ReceivedTweet
    prediction: TweetPrediction


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a partition was written: all before `next_offset` is in the database or a dead letter."""

    topic: str
    partition: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Alert:
    """One adverse effect in one tweet, told to the subscribers once.

    Attributes:
        alert_id: deterministic, so that a tweet that is processed again raises no second alert.
        tweet_id: the tweet that reports the effect.
        payload: what subscribers get, JSON-ready; described by `schemas/alert.schema.json`.
    """

    alert_id: str
    tweet_id: str
    payload: Mapping[str, Any]
