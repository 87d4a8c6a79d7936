"""The columns that a batch writes, table by table: the name of each column, and where its value comes from.

`tables.py` has the type of each column, and `statements.py` builds the SQL from both. So a new column of
`predictions` is one line there and one line here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from models import Mention
from models.predictions import clamp_probability
from monitor.records import Alert, Progress, ScoredPost

Record = TypeVar("Record")

ColumnValues = Mapping[str, Callable[[Record], Any]]
"""For each column, the function that takes its value from the record of a row."""


class MentionRow(NamedTuple):
    """A row of `mentions`."""

    tweet_id: str
    mention: Mention


class HourlyCount(NamedTuple):
    """A row of `hourly_counts`: what a batch adds to one hour (UTC)."""

    hour: datetime
    seen: int
    positive: int


def tweet_columns(author_key: bytes | None) -> ColumnValues[ScoredPost]:
    """Return the columns of `tweets`; `author_key` is the key of the authors' hashes."""
    return {
        "tweet_id": attrgetter("received.post.id"),
        "posted_at": attrgetter("received.posted_at"),
        "lang": attrgetter("received.post.lang"),
        "text": lambda row: row.received.post.text if is_positive(row) else None,
        "author_hash": lambda row: author_hash(row.received.post.author_id, author_key),
    }


PREDICTION_COLUMNS: ColumnValues[ScoredPost] = {
    "tweet_id": attrgetter("received.post.id"),
    "label": attrgetter("prediction.label"),
    "probability": lambda row: clamp_probability(row.prediction.probability),
    "topic": attrgetter("received.origin.topic"),
    "partition": attrgetter("received.origin.partition"),
    "offset": attrgetter("received.origin.offset"),
}

MENTION_COLUMNS: ColumnValues[MentionRow] = {
    "tweet_id": attrgetter("tweet_id"),
    "start": attrgetter("mention.start"),
    "end": attrgetter("mention.end"),
    "text": attrgetter("mention.text"),
    "score": lambda row: clamp_probability(row.mention.score),
    "ptid": attrgetter("mention.ptid"),
    "pt_name": attrgetter("mention.pt_name"),
    "pt_score": lambda row: None if row.mention.pt_score is None else clamp_probability(row.mention.pt_score),
    "runners_up": lambda row: _runners_up(row.mention),
}

ALERT_COLUMNS: ColumnValues[Alert] = {
    "alert_id": attrgetter("alert_id"),
    "tweet_id": attrgetter("tweet_id"),
    "payload": lambda alert: _json(dict(alert.payload)),
}

COUNT_COLUMNS: ColumnValues[HourlyCount] = {
    "hour": attrgetter("hour"),
    "seen": attrgetter("seen"),
    "positive": attrgetter("positive"),
}

PROGRESS_COLUMNS: ColumnValues[Progress] = {
    "topic": attrgetter("topic"),
    "partition": attrgetter("partition"),
    "next_offset": attrgetter("next_offset"),
}


def is_positive(row: ScoredPost) -> bool:
    """Return True if the tweet reports an adverse effect; only then is its text stored."""
    return row.prediction.label == "ADE"


def author_hash(author_id: str | None, key: bytes | None) -> str | None:
    """Return the HMAC-SHA256 of the author's id in hexadecimal, or None without an id or without a key."""
    if author_id is None or not key:
        return None
    return hmac.new(key, author_id.encode(), hashlib.sha256).hexdigest()


def mention_rows(tweets: Iterable[ScoredPost]) -> list[MentionRow]:
    """Return the rows of `mentions` for `tweets`."""
    return [
        MentionRow(row.received.post.id, mention) for row in tweets for mention in row.prediction.mentions
    ]


def _runners_up(mention: Mention) -> str:
    return _json(
        [
            {"ptid": candidate.ptid, "pt_name": candidate.pt_name, "score": candidate.score}
            for candidate in mention.runners_up
        ]
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
