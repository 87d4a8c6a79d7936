"""What the worker did since it last said so: one line in the log for many batches."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from models.scoring.cache import CacheCounts
from monitor.store import Written
from monitor.stream.scoring import Scored

log = structlog.get_logger()

INTERVAL = 10.0
"""Seconds between two lines."""


class Tally:
    """Adds batches up, and logs the sums every `INTERVAL` seconds while there is anything to tell.

    Args:
        clock: gives seconds; the first batch is told of at once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told = clock() - INTERVAL
        self._cached = CacheCounts()
        self._forget()

    def add(self, scored: Scored, written: Written, *, dead_letters: int, cached: CacheCounts | None) -> None:
        """Count a batch that is written.

        Args:
            scored: what the model made of it.
            written: what was new.
            dead_letters: its messages that could not be read or judged.
            cached: what the cache of answers counted since the start; None where there is none.
        """
        self._batches += 1
        self._tweets += len(scored.tweets)
        self._mentions += written.new_mentions
        self._alerts += written.new_alerts
        self._dead_letters += dead_letters
        now = self._clock()
        if now - self._told >= INTERVAL:
            log.info(
                "tweets written",
                tweets=self._tweets,
                batches=self._batches,
                new_mentions=self._mentions,
                new_alerts=self._alerts,
                dead_letters=self._dead_letters,
                **self._of_the_cache(cached),
            )
            self._told = now
            self._forget()

    def _of_the_cache(self, cached: CacheCounts | None) -> dict[str, float]:
        """Give the cache's lookups since the last line, and which share of them were hits."""
        if cached is None:
            return {}
        lately, self._cached = cached.since(self._cached), cached
        return {"cache_lookups": lately.lookups, "cache_hit_rate": round(lately.rate, 3)}

    def _forget(self) -> None:
        self._batches = self._tweets = self._mentions = self._alerts = self._dead_letters = 0
