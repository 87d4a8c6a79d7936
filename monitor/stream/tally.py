"""What the worker did since it last said so: one line in the log for many batches."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

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
        self._forget()

    def add(self, scored: Scored, written: Written, *, dead_letters: int) -> None:
        """Count a batch that is written."""
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
            )
            self._told = now
            self._forget()

    def _forget(self) -> None:
        self._batches = self._tweets = self._mentions = self._alerts = self._dead_letters = 0
