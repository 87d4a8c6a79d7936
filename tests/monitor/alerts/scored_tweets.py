"""Scored tweets for the rules of alerts."""

from __future__ import annotations

from datetime import UTC, datetime

from models import Mention, TweetPrediction
from monitor.records import Origin, Post, ReceivedPost, ScoredPost

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def mention(
    start: int = 0, end: int = 5, *, text: str = "shaky", ptid: str | None = None, **scores: float
) -> Mention:
    """Return a mention, with `score` and `pt_score` if they are passed."""
    name, pt_score = (None, None) if ptid is None else (f"PT {ptid}", scores.get("pt_score", 0.9))
    return Mention(start, end, text, scores.get("score", 0.8), ptid, name, pt_score)


def scored(
    *mentions: Mention, label: str = "ADE", probability: float = 0.9, tweet_id: str = "1"
) -> ScoredPost:
    """Return a tweet with these mentions."""
    tweet = Post(tweet_id, "shaky on zoloft, so shaky", created_at=NOW)
    received = ReceivedPost(tweet, Origin("tweets", 0, 0, NOW))
    return ScoredPost(received, TweetPrediction(label, probability, mentions))  # type: ignore[arg-type]
