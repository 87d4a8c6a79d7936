"""The database as the worker uses it: a batch is one transaction, written as a whole or not at all.

The steps of a transaction always have the same order, and rows are in the order of their posts' ids. So
workers that write the same posts at the same time wait for each other instead of blocking each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.effect_reports import EffectReport
from monitor.records import Alert, OffsetSpan, Progress, ReceivedPost, ScoredPost
from monitor.settings import Settings
from monitor.store import statements as sql
from monitor.store.admission import admit_posts
from monitor.store.applying import apply_events, remove_late_posts
from monitor.store.audited_events import AppliedEvent, AuditedEvent
from monitor.store.author_keys import author_keys, note_key
from monitor.store.columns import (
    PredictionRow,
    alias_rows,
    drug_rows,
    fact_rows,
    mention_rows,
    with_distinct_spans,
)
from monitor.store.connections import async_engine
from monitor.store.cooldowns import EffectDecisions, take_cooldowns
from monitor.store.counted_offsets import CounterKind, count_offsets, spans_of
from monitor.store.counting import BatchCounts, add_to_counts
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.effect_counts import count_effects
from monitor.store.expiring import expire_events, note_need
from monitor.store.months import Months
from monitor.store.negative_posts import NegativePosts
from monitor.store.post_copies import expire_copy_keys
from monitor.store.posts import PostWriter, WrittenPosts
from monitor.store.reported_effects import report_effects
from monitor.store.revisions import read_revision, required_revision, revision_error
from monitor.store.skipped_languages import count_skipped
from monitor.store.tombstones import find_removed

RaiseAlerts = Callable[[Sequence[EffectReport]], EffectDecisions]
"""Returns what is decided about effects that are new in the database: their tags and their alerts."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch did to the database.

    Attributes:
        new_predictions: predictions that were not stored before.
        new_mentions: mentions that were not stored before.
        new_alerts: alerts that were not in the outbox before.
        changed_alerts: alerts that were retracted or replaced, because their post was edited.
        edits: posts that became a new version of a known post.
        stale: posts that are older than the version that is stored, and were left out.
        removed: posts that were left out because they, or their authors, were deleted.
        late: those of them with ids that were not known to be removed; there may be dead letters of them.
        new_posts: posts that the bundle had not counted before, whether they have rows or not.
    """

    new_predictions: int
    new_mentions: int
    new_alerts: int
    changed_alerts: int = 0
    edits: int = 0
    stale: int = 0
    removed: int = 0
    late: int = 0
    new_posts: int = 0


class Store:
    """Writes batches into the ADE database.

    Attributes:
        engine: the connection pool, shared with the relay of the alerts.
    """

    def __init__(self, settings: Settings) -> None:
        self.engine = async_engine(settings.database)
        self._settings = settings.database
        self._keys = author_keys(settings.privacy)
        self._enrich = settings.enrich
        self._negatives = NegativePosts(settings.store)
        self._posts = PostWriter(self._keys, self._negatives)
        self._months = Months(self.engine)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()

    async def check_revision(self) -> None:
        """Check that the tables are the ones that this code writes.

        Raises:
            SchemaRevisionError: the database is at another alembic revision; the message names both.
            RetryableError: the database is away.
            FatalError: the login was refused, or the database does not exist.
        """
        with translate_driver_errors(self._settings):
            async with self.engine.connect() as connection:
                revision = await connection.run_sync(read_revision)
        if revision != required_revision():
            raise revision_error(revision, self._settings)

    async def apply_events(
        self, events: Sequence[AuditedEvent], *, dry_run: bool = False
    ) -> list[AppliedEvent]:
        """Apply deletions and other compliance events in one transaction, and return what each one changed.

        Applying an event again changes nothing. Posts that are written later see its tombstones.

        Args:
            events: the events, in their order.
            dry_run: change nothing, and return what would change.

        Raises:
            RetryableError: nothing was changed, and the same call may succeed later.
            FatalError: nothing was changed, and the same call will fail again.
        """
        with translate_driver_errors(self._settings):
            async with self.engine.connect() as connection, connection.begin() as transaction:
                applied = await apply_events(connection, events, self._keys)
                if dry_run:
                    await transaction.rollback()
        return applied

    async def expire_events(self, *, days: int, allowed_seconds: int) -> int:
        """Remove some events that matched nothing, and count them; see `monitor.store.expiring`.

        Args:
            days: number of days that an event stays.
            allowed_seconds: time after which an event counts as late.

        Returns:
            The number of events; 0 if there are no more, or if another process is removing them.

        Raises:
            RetryableError: nothing was changed, and the same call may succeed later.
            FatalError: nothing was changed, and the same call will fail again.
        """
        with translate_driver_errors(self._settings):
            async with self.engine.begin() as connection:
                return await expire_events(connection, days=days, allowed_seconds=allowed_seconds)

    async def expire_copy_keys(self, *, days: int) -> int:
        """Remove some keys of copies that are older than `days`, and return their number; 0 without any.

        Raises:
            RetryableError: nothing was changed, and the same call may succeed later.
            FatalError: nothing was changed, and the same call will fail again.
        """
        with translate_driver_errors(self._settings):
            async with self.engine.begin() as connection:
                return await expire_copy_keys(connection, days=days)

    async def find_removed(self, ids: Sequence[str]) -> set[str]:
        """Return those ids that name a removed post, or an author whose posts were removed.

        Raises:
            RetryableError: the database is away.
            FatalError: the database refuses the query.
        """
        with translate_driver_errors(self._settings):
            async with self.engine.connect() as connection:
                return await find_removed(connection, ids)

    async def write_batch(
        self,
        scored: Sequence[ScoredPost],
        *,
        bundle: str,
        raise_alerts: RaiseAlerts,
        progress: Sequence[Progress],
        group: str,
        skipped: Sequence[ReceivedPost] = (),
        spans: Sequence[OffsetSpan] = (),
    ) -> Written:
        """Write the predictions of a batch in one transaction. Writing a batch twice changes nothing.

        Each bundle's prediction for a version of a post is stored once. A known post with another text is an
        edit: it becomes the current version, and the predictions of older versions stay. Posts that were
        deleted are left out. Posts without an effect are only counted, unless `store.negatives` says else.

        Args:
            scored: posts in any order, with or without repeats.
            bundle: version of the bundle that scored them.
            raise_alerts: called inside the transaction, with the effects of the predictions of current
                versions that it inserted, in the order of the batch. So the alerts of a prediction are
                stored along with it, and only once.
            progress: how far the consumer group is after this batch.
            group: the consumer group.
            skipped: posts that were not scored because of their language; they are counted.
            spans: the offsets that the batch has read, by which it is noticed if it comes again; those of the
                messages of `scored` and `skipped` belong to them in any case.

        Raises:
            RetryableError: nothing was written, and the same call may succeed later. (If the connection broke
                during the commit itself, everything was written, and the same call changes nothing.)
            FatalError: nothing was written, and the same call will fail again.
        """
        with translate_driver_errors(self._settings):
            await self._months.make(row.received.posted_at for row in scored if self._negatives.has_row(row))
            async with self.engine.begin() as connection:
                await connection.execute(sql.LOCK_FOR_WRITING)
                # In every batch: `forget-key` may have removed the row since the last one.
                await note_key(connection, self._keys)
                admission = await admit_posts(connection, scored)
                admitted = await self._negatives.sort(connection, admission.posts)
                posts = await self._posts.write(connection, admitted.stored, bundle=bundle)
                await sql.PUT_ALIASES.run(connection, alias_rows(admitted.stored))

                new = await _write_predictions(connection, posts, self._negatives, bundle=bundle)
                edited = [tweet_id for tweet_id, post in posts.items() if post.was_edited]
                reports = await report_effects(connection, _current(posts, new), edited, self._enrich)
                decisions = raise_alerts(reports)
                mentions = await _write_findings(connection, new, reports, decisions, bundle=bundle)
                alerts = decisions.alerts(await take_cooldowns(connection, decisions))
                new_alerts, changed_alerts = await _write_alerts(connection, edited, alerts)

                await sql.PUT_PROGRESS.run(connection, _latest(progress), bundle=bundle, consumer_group=group)
                await note_need(connection, admission.needed)
                # Last, because all workers update the row of the current hour, and wait there for each
                # other's commit.
                counters = {CounterKind.SCORED: bundle, CounterKind.SKIPPED: group}
                origins = [*(row.received.origin for row in scored), *(row.origin for row in skipped)]
                before = await count_offsets(connection, [*spans, *spans_of(origins)], counters)
                await count_skipped(connection, skipped, before[CounterKind.SKIPPED], group=group)
                counts = BatchCounts(before[CounterKind.SCORED], self._negatives)
                counted = [*counts.stored(admitted.stored, posts, new), *counts.unstored(admitted.unstored)]
                await add_to_counts(connection, counted, bundle=bundle)
                await count_effects(connection, posts, new, bundle=bundle)
            if admission.late:
                async with self.engine.begin() as connection:
                    touched = await remove_late_posts(connection, admission.late)
                changed_alerts += touched["alert_outbox"]
        return Written(
            new_predictions=len(new),
            new_mentions=mentions,
            new_alerts=new_alerts,
            changed_alerts=changed_alerts,
            edits=sum(post.arrivals.edits for post in posts.values()),
            stale=sum(post.arrivals.stale for post in posts.values()),
            removed=len(scored) - len(admission.posts),
            late=len(admission.late),
            new_posts=sum(post.seen for post in counted),
        )


async def _write_findings(
    connection: AsyncConnection,
    new: Sequence[PredictionRow],
    reports: Sequence[EffectReport],
    decisions: EffectDecisions,
    *,
    bundle: str,
) -> int:
    """Write the mentions, drugs and facts of new predictions, and return the number of new mentions."""
    cases = {report.key: report.case_id for report in reports if report.case_id is not None}
    tags = {report.key: decisions.tags_of(*report.key) for report in reports}
    rows = mention_rows(new, cases, tags)
    mentions = await sql.PUT_MENTIONS.run(connection, rows, bundle=bundle)
    await sql.PUT_DRUGS.run(connection, drug_rows(new))
    await sql.PUT_FACTS.run(connection, fact_rows(new))
    return len(mentions)


async def _write_predictions(
    connection: AsyncConnection, posts: WrittenPosts, negatives: NegativePosts, *, bundle: str
) -> list[PredictionRow]:
    """Insert the predictions of a batch, and return those that are new, in the order of the posts' ids."""
    rows = [
        PredictionRow(
            with_distinct_spans(scored),
            version,
            posts[tweet_id].posted_at,
            negatives.inclusion(scored, had_effect=posts[tweet_id].had_effect),
        )
        for tweet_id in sorted(posts)
        for version, scored in sorted(posts[tweet_id].arrivals.versions.items())
    ]
    inserted = await sql.PUT_PREDICTIONS.run(connection, rows, bundle=bundle)
    new = {(row.tweet_id, row.version) for row in inserted}
    return [row for row in rows if (row.tweet_id, row.version) in new]


def _current(posts: WrittenPosts, new: Sequence[PredictionRow]) -> list[ScoredPost]:
    """Return the new predictions of current versions, in the order of the batch."""
    current = {
        row.tweet_id: posts[row.tweet_id].dated(row.scored)
        for row in new
        if row.version == posts[row.tweet_id].version
    }
    return [current[tweet_id] for tweet_id in posts if tweet_id in current]


async def _write_alerts(
    connection: AsyncConnection, edited: Sequence[str], alerts: Sequence[Alert]
) -> tuple[int, int]:
    """Write alerts, and return how many alerts are new, and how many changed.

    Those of an edited post that its new version does not raise are retracted.
    """
    retracted = 0
    if edited:
        kept = [alert.alert_id for alert in alerts]
        result = await connection.execute(sql.RETRACT_ALERTS_OF_EDITED, {"edited": edited, "kept": kept})
        retracted = result.rowcount
    revisions = [row.revision for row in await sql.PUT_ALERTS.run(connection, alerts, edited=edited)]
    return revisions.count(1), retracted + len(revisions) - revisions.count(1)


def _latest(progress: Iterable[Progress]) -> list[Progress]:
    """Return the last entry for each partition, in the order of the partitions."""
    last = {(step.topic, step.partition): step for step in progress}
    return [last[place] for place in sorted(last)]
