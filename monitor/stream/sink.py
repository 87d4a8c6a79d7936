"""The last stage: one transaction, then the acknowledgements in order, then the commit of the offsets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import structlog

from monitor.alerts import Relay, alerts_of
from monitor.backoff import Backoff
from monitor.errors import RetryableError
from monitor.ingest.batch import Batch, KafkaEvent
from monitor.records import Alert
from monitor.settings import Settings
from monitor.store import Store, Written
from monitor.stream.scoring import Scored, ScoringThreads
from monitor.stream.tally import Tally

log = structlog.get_logger()

FIRST_PAUSE = 0.1
"""Seconds before the first retry of a write that failed."""

Acknowledge = Callable[[Sequence[KafkaEvent]], Awaitable[None]]


class DatabaseSink:
    """Writes batches to the store and acknowledges them.

    Args:
        store: where predictions, mentions and the alert outbox go.
        relay: told after each commit that alerts wait in the outbox.
        acknowledge: acknowledges events in the order given and commits their offsets.
        scoring: what judged the tweets: the version of its bundle, and what it had at hand.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        relay: Relay,
        acknowledge: Acknowledge,
        scoring: ScoringThreads,
    ) -> None:
        self._group = settings.kafka.group_id
        self._min_probability = settings.alerts.min_probability
        self._backoff = Backoff(first=FIRST_PAUSE, longest=settings.worker.retry_max_wait, jitter=0.5)
        self._store = store
        self._relay = relay
        self._acknowledge = acknowledge
        self._bundle = scoring.bundle
        self._scoring = scoring
        self._tally = Tally()

    async def write(self, batch: Batch, scored: Scored) -> None:
        """Write a batch, however long the database is away, then acknowledge its events.

        Raises:
            FatalError: the database refuses the rows; nothing of the batch is acknowledged.
        """
        started = time.monotonic()
        written = await self._write_until_done(batch, scored, self._alerts(scored))
        if written.new_alerts:
            self._relay.nudge()
        await self._acknowledge(batch.events)
        self._tally.add(
            scored,
            written,
            dead_letters=len(batch.events) - len(scored.tweets),
            cached=self._scoring.cached,
        )
        log.debug(
            "batch written",
            tweets=len(scored.tweets),
            new=written.new_predictions,
            mentions=written.new_mentions,
            alerts=written.new_alerts,
            dead_letters=len(batch.events) - len(scored.tweets),
            write_ms=round((time.monotonic() - started) * 1000, 1),
        )

    def _alerts(self, scored: Scored) -> list[Alert]:
        now = datetime.now(UTC)
        return [
            alert
            for tweet in scored.tweets
            for alert in alerts_of(
                tweet, bundle=self._bundle, detected_at=now, min_probability=self._min_probability
            )
        ]

    async def _write_until_done(self, batch: Batch, scored: Scored, alerts: list[Alert]) -> Written:
        for pause in self._backoff.pauses():
            try:
                return await self._store.write_batch(
                    scored.tweets,
                    bundle=self._bundle,
                    alerts=alerts,
                    progress=batch.progress(),
                    group=self._group,
                )
            except RetryableError as error:
                log.warning("database away, trying again", error=str(error), pause_s=round(pause, 1))
                await asyncio.sleep(pause)
        raise AssertionError("pauses() never ends")
