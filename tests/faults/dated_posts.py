"""Posts whose ids say in which hour they were posted, so that a lost and a doubled post do not cancel out.

A post without an effect has no row, only a place in the counts of its hour. With an hour for each post (until
they repeat after a month), each count is that of a few posts that were not sent one after the other.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Final

from tests.flow.conftest import tweet_values

HOURS: Final = 700
"""After so many posts, the hours repeat."""

FIRST: Final = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=31)
"""The hour of post 0. All hours are in the past, because a time in the future is not believed."""


def posted_at(tweet_id: str) -> datetime:
    """Return when a post was posted, by its id, which is a number."""
    return FIRST + timedelta(hours=int(tweet_id) % HOURS)


def dated_values(count: int, *, first: int = 0) -> list[bytes]:
    """Return posts, every fifth of them with an effect that the dummy bundle finds, each with its time."""
    return [dated(value) for value in tweet_values(count, first=first)]


def dated(value: bytes) -> bytes:
    """Return a post with the time that belongs to its id."""
    post = json.loads(value)
    return json.dumps({**post, "created_at": posted_at(post["id"]).isoformat()}).encode()
