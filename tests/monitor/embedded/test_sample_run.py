"""The sample tweets are valid, and different in every run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from monitor.embedded.sample_run import sample_tweets
from tests.monitor.messages import read_post

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def test_every_sample_is_a_valid_tweet() -> None:
    for sample in sample_tweets(NOW):
        tweet = read_post(json.dumps(sample).encode())
        assert tweet.created_at == NOW
        assert tweet.id.startswith(f"demo-{int(NOW.timestamp())}-")


def test_ids_differ_between_runs_and_texts_within_a_run() -> None:
    first, second = sample_tweets(NOW), sample_tweets(NOW + timedelta(seconds=1))
    ids = {tweet["id"] for tweet in (*first, *second)}
    assert len(ids) == len(first) + len(second)
    assert len({tweet["text"] for tweet in first}) == len(first) >= 40
