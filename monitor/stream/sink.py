"""The last stage: one transaction, then the acknowledgements in order, then the commit of the offsets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from models.scoring import CacheCounts
from monitor.backoff import Backoff
from monitor.errors import RetryableError
from monitor.ingest import Batch, KafkaEvent
from monitor.settings import Settings
from monitor.store import RaiseAlerts, Store, Written
from monitor.stream.tally import Tally

log = structlog.get_logger()

FIRST_PAUSE = 0.1
"""Seconds before the first retry while the database is away."""

Acknowledge = Callable[[Sequence[KafkaEvent]], Awaitable[None]]


class WriteBatches:
    """Writes batches to the store, and acknowledges them.

    Args:
        store: where predictions, mentions and the alert outbox go.
        bundle: version of the bundle that scored the tweets.
        raise_alerts: returns the alerts of new predictions.
        on_alerts: called after each transaction that left new alerts in the outbox.
        acknowledge: acknowledges events in the given order, and commits their offsets.
        cache_counts: returns what the cache of predictions has counted so far, for the log.
    """

    at_once = 1

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        bundle: str,
        raise_alerts: RaiseAlerts,
        on_alerts: Callable[[], None],
        acknowledge: Acknowledge,
        cache_counts: Callable[[], CacheCounts | None],
    ) -> None:
        self._group = settings.kafka.group_id
        self._backoff = Backoff(first=FIRST_PAUSE, longest=settings.worker.retry_max_wait, jitter=0.5)
        self._store = store
        self._bundle = bundle
        self._raise_alerts = raise_alerts
        self._on_alerts = on_alerts
        self._acknowledge = acknowledge
        self._cache_counts = cache_counts
        self._tally = Tally()

    async def process(self, batch: Batch) -> Batch:
        """Write a batch, however long the database is away, then acknowledge its events.

        Raises:
            FatalError: the database refuses the rows. Nothing of the batch is acknowledged.
        """
        started = time.monotonic()
        written = await self._write_until_done(batch)
        if written.new_alerts:
            self._on_alerts()
        await self._acknowledge(batch.events)
        self._tally.add(batch, written, self._cache_counts())
        if written.edited_tweets:
            log.warning("edits of known tweets left out", count=written.edited_tweets)
        log.debug(
            "batch written",
            tweets=len(batch.scored),
            new=written.new_predictions,
            mentions=written.new_mentions,
            alerts=written.new_alerts,
            dead_letters=len(batch.refused),
            write_ms=round((time.monotonic() - started) * 1000, 1),
        )
        return batch

    async def _write_until_done(self, batch: Batch) -> Written:
        for pause in self._backoff.pauses():
            try:
                return await self._store.write_batch(
                    batch.scored,
                    bundle=self._bundle,
                    raise_alerts=self._raise_alerts,
                    progress=batch.progress(),
                    group=self._group,
                )
            except RetryableError as error:
                log.warning("database away, trying again", error=str(error), pause_s=round(pause, 1))
                await asyncio.sleep(pause)
        raise AssertionError("pauses() never ends")
