"""The last stage: one transaction, then the acknowledgements in order, then the commit of the offsets.

Deletions and other compliance events of a batch come before its posts, in a transaction of their own. So a
post that was deleted in the meantime is not stored.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import structlog

from models.scoring import CacheCounts
from monitor.ingest import Batch, KafkaEvent
from monitor.records import OffsetSpan
from monitor.settings import Settings
from monitor.store import AppliedEvent, RaiseAlerts, Store, Written, audited
from monitor.stream.outages import until_answered
from monitor.stream.read_spans import ReadSpans
from monitor.stream.tally import Tally
from monitor.tracing import span

log = structlog.get_logger()

Acknowledge = Callable[[Sequence[KafkaEvent]], Awaitable[None]]


class WriteBatches:
    """Writes batches to the store, and acknowledges them.

    Args:
        store: where predictions, mentions and the alert outbox go, and where deletions are applied.
        alert_rules: returns the rules for the version of a bundle: what returns the alerts of its new
            predictions.
        on_alerts: called after each transaction that left something to publish in the outbox.
        on_removals: called after each transaction that removed posts or authors, or more ids of them.
        acknowledge: acknowledges events in the given order, and commits their offsets.
        cache_counts: returns what the cache of predictions has counted so far, for the log.
    """

    at_once = 1

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        alert_rules: Callable[[str], RaiseAlerts],
        on_alerts: Callable[[], None],
        on_removals: Callable[[], None],
        acknowledge: Acknowledge,
        cache_counts: Callable[[], CacheCounts | None],
    ) -> None:
        self._group = settings.kafka.group_id
        self._worker = settings.worker
        self._store = store
        self._alert_rules = alert_rules
        self._on_alerts = on_alerts
        self._on_removals = on_removals
        self._acknowledge = acknowledge
        self._cache_counts = cache_counts
        self._tally = Tally()
        self._spans = ReadSpans()

    async def process(self, batch: Batch) -> Batch:
        """Write a batch, however long the database is away, then acknowledge its events.

        Raises:
            FatalError: the database refuses the rows. Nothing of the batch is acknowledged.
        """
        started = time.monotonic()
        if batch.compliance:
            await self._apply_events(batch)
        spans = self._spans.of(batch.events)
        written = await until_answered(self._worker, lambda: self._write(batch, spans))
        if written.new_alerts or written.changed_alerts:
            self._on_alerts()
        if written.late:
            self._on_removals()
        with span("acknowledge"):
            await self._acknowledge(batch.events)
        self._tally.add(batch, written, self._cache_counts())
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

    async def _apply_events(self, batch: Batch) -> None:
        events = list(map(audited, batch.compliance))
        applied = await until_answered(self._worker, lambda: self._store.apply_events(events))
        new = [event for event in applied if event.event_id is not None]
        if any(event.touched["alert_outbox"] for event in new):
            self._on_alerts()
        if any(event.audited.removes for event in new):
            self._on_removals()
        _log_events(new)

    def _write(self, batch: Batch, spans: Sequence[OffsetSpan]) -> Awaitable[Written]:
        bundle = batch.bundle
        return self._store.write_batch(
            batch.scored,
            bundle=bundle,
            raise_alerts=self._alert_rules(bundle),
            progress=batch.progress(),
            group=self._group,
            skipped=batch.skipped,
            spans=spans,
        )


def _log_events(applied: Sequence[AppliedEvent]) -> None:
    """Log how many events of each kind were applied and what they touched, without any id."""
    if not applied:
        return
    touched: Counter[str] = Counter()
    for event in applied:
        touched.update(event.touched)
    log.info(
        "compliance events applied",
        events=dict(Counter(event.audited.name for event in applied)),
        erased_posts=touched["tweets"],
        retracted_alerts=touched["alert_outbox"],
        unmatched_authors=sum(event.unmatched for event in applied),
    )
