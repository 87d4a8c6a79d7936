"""Tweets that the project wrote for its demo: about ten report an adverse effect, the others do not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files

__all__ = ["sample_tweets"]


def sample_tweets(now: datetime) -> list[dict[str, str]]:
    """Give the tweets as if they were posted at `now`.

    Ids are `demo-<epoch seconds of now>-<number>`, new for each run, so that every run is seen as news.
    """
    lines = files(__package__).joinpath("sample_tweets.jsonl").read_text(encoding="utf-8").splitlines()
    posted = now.astimezone(UTC).isoformat()
    return [
        {**tweet, "id": f"demo-{int(now.timestamp())}-{tweet['id']}", "created_at": posted}
        for tweet in map(json.loads, lines)
    ]
