"""What the worker has written since its last log line: one line for many batches."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import structlog

from models.scoring import CacheCounts
from monitor.ingest import Batch
from monitor.store import Written

log = structlog.get_logger()

INTERVAL = 10.0
"""Seconds between two lines."""


class Tally:
    """Adds up batches, and logs the sums every `INTERVAL` seconds while batches come.

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
        self._sums.update(
            tweets=len(batch.scored),
            long_tweets=sum(scored.prediction.windows > 1 for scored in batch.scored),
            second_reader_tweets=sum(
                scored.prediction.second_probability is not None for scored in batch.scored
            ),
            cut_tweets=sum(scored.prediction.unread > 0 for scored in batch.scored),
            edits=written.edits,
            stale_edits=written.stale,
            removed_tweets=written.removed,
            skipped_tweets=len(batch.skipped),
            batches=1,
            new_mentions=written.new_mentions,
            new_alerts=written.new_alerts,
            changed_alerts=written.changed_alerts,
            compliance_events=len(batch.compliance),
            dead_letters=len(batch.refused),
        )
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
