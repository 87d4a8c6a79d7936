"""From a scored batch to the columns of its tables: plain lists, one value for each row.

Each tweet is there once, and rows are in the order of the tweets' ids, so that workers that write the
same tweets at once wait for each other instead of blocking each other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from models import Mention
from monitor.records import Alert, Progress, ScoredTweet

Columns = dict[str, list[Any]]

ROUNDING = 1e-6
"""By how much a sum of float32 probabilities may overshoot; it is taken off."""


def each_once(scored: Iterable[ScoredTweet]) -> list[ScoredTweet]:
    """Keep the first of the tweets that share an id, ordered by id."""
    first: dict[str, ScoredTweet] = {}
    for row in scored:
        first.setdefault(row.received.tweet.id, row)
    return [first[tweet_id] for tweet_id in sorted(first)]


def is_positive(row: ScoredTweet) -> bool:
    """Whether the tweet reports an adverse effect; only then is its text kept."""
    return row.prediction.label == "ADE"


def author_hash(author_id: str | None, key: bytes | None) -> str | None:
    """HMAC-SHA256 of the author's id in hexadecimal, or None without an id or without a key."""
    if author_id is None or not key:
        return None
    return hmac.new(key, author_id.encode(), hashlib.sha256).hexdigest()


def tweet_columns(rows: Sequence[ScoredTweet], key: bytes | None) -> Columns:
    """Columns of `tweets`."""
    tweets = [row.received.tweet for row in rows]
    return {
        "tweet_id": [tweet.id for tweet in tweets],
        "posted_at": [row.received.posted_at for row in rows],
        "lang": [tweet.lang for tweet in tweets],
        "text": [row.received.tweet.text if is_positive(row) else None for row in rows],
        "author_hash": [author_hash(tweet.author_id, key) for tweet in tweets],
    }


def prediction_columns(rows: Sequence[ScoredTweet]) -> Columns:
    """Columns of `predictions`, without the bundle."""
    origins = [row.received.origin for row in rows]
    return {
        "tweet_id": [row.received.tweet.id for row in rows],
        "label": [row.prediction.label for row in rows],
        "probability": [_probability(row.prediction.probability) for row in rows],
        "topic": [origin.topic for origin in origins],
        "partition": [origin.partition for origin in origins],
        "offset": [origin.offset for origin in origins],
    }


def mention_columns(rows: Sequence[ScoredTweet]) -> Columns:
    """Columns of `mentions`, without the bundle."""
    found = [(row.received.tweet.id, mention) for row in rows for mention in row.prediction.mentions]
    mentions = [mention for _, mention in found]
    return {
        "tweet_id": [tweet_id for tweet_id, _ in found],
        "start": [mention.start for mention in mentions],
        "end": [mention.end for mention in mentions],
        "text": [mention.text for mention in mentions],
        "score": [_probability(mention.score) for mention in mentions],
        "ptid": [mention.ptid for mention in mentions],
        "pt_name": [mention.pt_name for mention in mentions],
        "pt_score": [
            None if mention.pt_score is None else _probability(mention.pt_score) for mention in mentions
        ],
        "runners_up": [_runners_up(mention) for mention in mentions],
    }


def alert_columns(alerts: Sequence[Alert]) -> Columns:
    """Columns of `alert_outbox`, in the order of the batch, which is the order of publishing."""
    return {
        "alert_id": [alert.alert_id for alert in alerts],
        "tweet_id": [alert.tweet_id for alert in alerts],
        "payload": [_json(dict(alert.payload)) for alert in alerts],
    }


def count_columns(rows: Iterable[ScoredTweet], posted_at: Mapping[str, datetime]) -> Columns:
    """Columns of `hourly_counts`, without the bundle: what `rows` add to the hours they were posted in."""
    hours: dict[datetime, list[int]] = {}
    for row in rows:
        moment = posted_at[row.received.tweet.id].astimezone(UTC)
        count = hours.setdefault(moment.replace(minute=0, second=0, microsecond=0), [0, 0])
        count[0] += 1
        count[1] += is_positive(row)
    ordered = sorted(hours)
    return {
        "hour": list(ordered),
        "seen": [hours[hour][0] for hour in ordered],
        "positive": [hours[hour][1] for hour in ordered],
    }


def progress_columns(progress: Iterable[Progress]) -> Columns:
    """Columns of `progress`, without the group and the bundle; the last word on a partition counts."""
    last = {(step.topic, step.partition): step.next_offset for step in progress}
    places = sorted(last)
    return {
        "topic": [topic for topic, _ in places],
        "partition": [partition for _, partition in places],
        "next_offset": [last[place] for place in places],
    }


def _probability(value: float) -> float:
    """Take a rounding off; anything worse is left to fail the CHECK."""
    within = min(max(value, 0.0), 1.0)
    return within if abs(value - within) < ROUNDING else value


def _runners_up(mention: Mention) -> str:
    return _json(
        [{"ptid": one.ptid, "pt_name": one.pt_name, "score": one.score} for one in mention.runners_up]
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
