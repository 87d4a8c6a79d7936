"""What the worker has written: one log line for many batches, and the metrics.

Each batch is counted once, here. The log has the sums since the last line, the metrics those since the start.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import structlog

from models.scoring import CacheCounts
from monitor import metrics
from monitor.bounded_labels import BoundedCounter
from monitor.ingest import Batch
from monitor.store import Written

log = structlog.get_logger()

INTERVAL = 10.0
"""Seconds between two lines."""

METRICS: Final[Mapping[str, BoundedCounter]] = {
    "tweets": metrics.POSTS_SCORED,
    "positive_tweets": metrics.POSTS_POSITIVE,
    "new_tweets": metrics.POSTS_STORED,
    "counted_tweets": metrics.POSTS_COUNTED,
    "edits": metrics.POSTS_EDITED,
    "stale_edits": metrics.POSTS_LEFT_OUT.labels(cause="stale"),
    "removed_tweets": metrics.POSTS_LEFT_OUT.labels(cause="deleted"),
    "new_mentions": metrics.MENTIONS_STORED,
    "new_alerts": metrics.ALERTS_RAISED,
    "changed_alerts": metrics.ALERTS_CHANGED,
    "compliance_events": metrics.COMPLIANCE_EVENTS,
}
"""The metric of each number that is in the log, too."""


class Tally:
    """Adds up batches, exports the sums, and logs them every `INTERVAL` seconds while batches come.

    Args:
        clock: returns seconds. The first batch is logged at once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at = clock() - INTERVAL
        self._cache_counts = CacheCounts()
        self._sums: Counter[str] = Counter()

    def add(self, batch: Batch, written: Written, cache_counts: CacheCounts | None) -> None:
        """Add a batch that was written.

        Args:
            batch: its tweets and dead letters.
            written: what was new, and which tweets were edits, or were left out.
            cache_counts: what the cache has counted since the start; None if there is no cache.
        """
        counts = _counts_of(batch, written)
        self._sums.update(counts)
        for name, metric in METRICS.items():
            metric.inc(counts[name])
        _measure_languages(batch)
        _measure_delays(batch, datetime.now(UTC))
        now = self._clock()
        if now - self._logged_at >= INTERVAL:
            log.info("tweets written", **self._sums, **self._cache_since_last_line(cache_counts))
            self._logged_at = now
            self._sums.clear()

    def _cache_since_last_line(self, counts: CacheCounts | None) -> dict[str, float]:
        if counts is None:
            return {}
        recent, self._cache_counts = counts.since(self._cache_counts), counts
        return {"cache_lookups": recent.lookups, "cache_hit_rate": round(recent.rate, 3)}


def _counts_of(batch: Batch, written: Written) -> dict[str, int]:
    predictions = [scored.prediction for scored in batch.scored]
    return {
        "tweets": len(predictions),
        "positive_tweets": sum(prediction.label == "ADE" for prediction in predictions),
        "new_tweets": written.new_predictions,
        "counted_tweets": written.new_posts,
        "long_tweets": sum(prediction.windows > 1 for prediction in predictions),
        "second_reader_tweets": sum(prediction.second_probability is not None for prediction in predictions),
        "cut_tweets": sum(prediction.unread > 0 for prediction in predictions),
        "edits": written.edits,
        "stale_edits": written.stale,
        "removed_tweets": written.removed,
        "skipped_tweets": len(batch.skipped),
        "batches": 1,
        "new_mentions": written.new_mentions,
        "new_alerts": written.new_alerts,
        "changed_alerts": written.changed_alerts,
        "compliance_events": len(batch.compliance),
        "dead_letters": len(batch.refused),
    }


def _measure_languages(batch: Batch) -> None:
    languages = Counter(received.post.lang for received in batch.skipped)
    for language, posts in languages.items():
        metrics.POSTS_SKIPPED.labels(language=language).inc(posts)


def _measure_delays(batch: Batch, stored_at: datetime) -> None:
    since_message = metrics.DELAY_SECONDS.labels(since="message")
    since_post = metrics.DELAY_SECONDS.labels(since="post")
    message = None
    for scored in batch.scored:
        received = scored.received
        if received.origin is not message:  # once for all posts of a message, which follow one another
            message = received.origin
            since_message.observe((stored_at - message.timestamp).total_seconds())
        if received.post.created_at is not None:
            since_post.observe((stored_at - received.post.created_at).total_seconds())
