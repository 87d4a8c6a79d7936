"""The worker's log has one line for many batches, with sums since the line before."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from structlog.testing import capture_logs

from models import TweetPrediction
from models.scoring import CacheCounts
from monitor.metrics import WORKER
from monitor.records import ScoredPost
from monitor.store import Written
from monitor.stream.tally import INTERVAL, METRICS, Tally
from tests.monitor.kafka_events import batch_of, event

WRITTEN = Written(new_predictions=5, new_mentions=2, new_alerts=1)


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def scored_batch(tweets: int = 0, dead_letters: int = 0) -> Any:
    batch = batch_of(
        *(event("fine", offset=offset) for offset in range(tweets)),
        *(event(None, offset=tweets + offset) for offset in range(dead_letters)),
    )
    prediction = TweetPrediction("NoADE", 0.1)
    return replace(batch, scored=tuple(ScoredPost(received, prediction) for received in batch.posts))


def test_the_first_batch_is_logged_at_once_and_later_ones_together() -> None:
    clock = Clock()
    tally = Tally(clock)
    with capture_logs() as lines:
        tally.add(scored_batch(tweets=7, dead_letters=1), WRITTEN, None)
        tally.add(scored_batch(tweets=3, dead_letters=1), WRITTEN, None)
        clock.now += INTERVAL - 0.001
        tally.add(scored_batch(), WRITTEN, None)
        assert len(lines) == 1
        clock.now += 0.001
        tally.add(scored_batch(tweets=2), WRITTEN, None)
    assert [
        (line["tweets"], line["batches"], line["dead_letters"], line["new_mentions"], line["new_alerts"])
        for line in lines
    ] == [(7, 1, 1, 2, 1), (5, 3, 1, 6, 3)]
    assert "cache_lookups" not in lines[0]


def test_long_tweets_and_those_that_were_cut_are_counted() -> None:
    predictions = [
        TweetPrediction("NoADE", 0.1),
        TweetPrediction("NoADE", 0.1, windows=2),
        TweetPrediction("NoADE", 0.1, windows=32, unread=900),
    ]
    batch = scored_batch(tweets=3)
    batch = replace(batch, scored=tuple(map(ScoredPost, batch.posts, predictions)))
    with capture_logs() as lines:
        Tally(Clock()).add(batch, WRITTEN, None)
    assert [(line["long_tweets"], line["cut_tweets"]) for line in lines] == [(2, 1)]


def test_edits_and_tweets_that_were_left_out_are_counted() -> None:
    with capture_logs() as lines:
        Tally(Clock()).add(scored_batch(tweets=7), replace(WRITTEN, edits=3, stale=2, removed=1), None)
    [line] = lines
    counts = (line["tweets"], line["edits"], line["stale_edits"], line["removed_tweets"])
    assert counts == (7, 3, 2, 1)


def test_the_hit_rate_is_that_since_the_last_line() -> None:
    clock = Clock()
    tally = Tally(clock)
    with capture_logs() as lines:
        tally.add(scored_batch(), WRITTEN, CacheCounts(100, 0))
        clock.now += INTERVAL
        tally.add(scored_batch(), WRITTEN, CacheCounts(300, 50))
        clock.now += INTERVAL
        tally.add(scored_batch(), WRITTEN, CacheCounts(303, 51))
    assert [(line["cache_lookups"], line["cache_hit_rate"]) for line in lines] == [
        (100, 0.0),
        (200, 0.25),
        (3, 0.333),
    ]


def test_the_metrics_grow_by_the_numbers_of_the_log() -> None:
    def exported() -> dict[str, float]:
        return {name: metric._value.get() for name, metric in METRICS.items()}

    before = exported()
    with capture_logs() as lines:
        Tally(Clock()).add(scored_batch(tweets=7), replace(WRITTEN, edits=3, stale=2, removed=1), None)
    [line] = lines
    assert {name: after - before[name] for name, after in exported().items()} == {
        name: line[name] for name in METRICS
    }


def test_skipped_posts_count_by_language_and_a_language_of_a_producer_makes_no_series() -> None:
    batch = scored_batch(tweets=3)
    languages = ("es", "es", "xx-author-of-a-post")
    skipped = tuple(
        replace(received, post=replace(received.post, lang=language))
        for received, language in zip(batch.posts, languages, strict=True)
    )

    def skipped_posts(language: str) -> float:
        return WORKER.get_sample_value("ade_posts_skipped_total", {"language": language}) or 0.0

    before = skipped_posts("es"), skipped_posts("other")
    Tally(Clock()).add(replace(batch, skipped=skipped), WRITTEN, None)
    assert (skipped_posts("es") - before[0], skipped_posts("other") - before[1]) == (2, 1)
    assert skipped_posts("xx-author-of-a-post") == 0


def test_the_delay_since_the_message_counts_once_for_all_its_posts() -> None:
    posts = [{"id": str(number), "text": "fine", "created_at": "2026-01-01T00:00:00Z"} for number in range(3)]
    batch = batch_of(event(raw=json.dumps(posts).encode()), event("fine", offset=1), event("fine", offset=2))
    prediction = TweetPrediction("NoADE", 0.1)
    batch = replace(batch, scored=tuple(ScoredPost(received, prediction) for received in batch.posts))

    def delays(since: str) -> float:
        return WORKER.get_sample_value("ade_end_to_end_delay_seconds_count", {"since": since}) or 0.0

    before = delays("message"), delays("post")
    Tally(Clock()).add(batch, WRITTEN, None)
    assert (delays("message") - before[0], delays("post") - before[1]) == (3, 3)
