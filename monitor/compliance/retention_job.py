"""Retention: posts and alerts are removed after the days that `retention` in the settings names.

It runs as a task of the workers, of which one at a time does it, and as the command `ade-monitor retention
apply`. Each page of posts is one transaction. So it may be interrupted at any time, and the next run goes on.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor import metrics
from monitor.alerts.redis import trim_alerts
from monitor.backoff import Backoff
from monitor.errors import MonitorError
from monitor.retrying import DATABASE, OutageLog, Retries
from monitor.settings import RetentionSettings, Settings
from monitor.store import (
    START,
    AgeLimits,
    AuditedRun,
    Month,
    OldPage,
    async_engine,
    drop_empty_months,
    find_old_months,
    remove_old_posts,
    remove_posts_of_month,
    translate_driver_errors,
)

log = structlog.get_logger()

INTERVAL: Final = 3_600.0
"""Seconds between two runs of a worker."""

FIRST_PAUSE: Final = 60.0
"""Seconds until the next attempt after a failure; later ones wait longer."""

WHOLE_RUN: Final = 86_400.0
"""Seconds between two runs that look at all old posts. The others only look at posts that have become old
since the run before: with millions of posts that stay, looking at all of them would take minutes each hour.
Posts of an archive, which are old when they come, and posts whose alert waited are found by a whole run."""

LATENESS: Final = timedelta(days=1)
"""A post that was stored within this time after it was posted is found by any run."""

PAUSE: Final = 0.5
"""Seconds after a page with posts to remove, so that the database has time for the batches."""

SHORT_PAUSE: Final = 0.1
"""The part of the pause after a page whose posts all stay: it was only read."""

# "ade-reti" in ASCII. The lock belongs to a session, so it ends with its process or its connection.
_LOCK: Final = 0x6164652D72657469

TRY_LOCK_RUN: Final = text(f"SELECT pg_try_advisory_lock({_LOCK})")


@dataclass(slots=True)
class RetentionResult:
    """What a run removed, or would remove.

    Attributes:
        posts: number of posts.
        touched: number of rows by table; empty for a dry run.
        alerts: number of entries of the Redis Stream; None if alerts stay or Redis did not answer.
        problem: why alerts wait for the next run.
    """

    posts: int = 0
    touched: Counter[str] = field(default_factory=Counter)
    alerts: int | None = None
    problem: str | None = None


class RetentionJob:
    """Removes what is older than the settings allow.

    Args:
        settings: how long posts and alerts are kept, and where they are.
        pause: seconds after a page with posts to remove; after other pages, the part `SHORT_PAUSE` of it.
    """

    def __init__(self, settings: Settings, *, pause: float = PAUSE) -> None:
        self._settings = settings
        self._days = settings.retention
        self._engine = async_engine(settings.database, pooled=False)
        self._pause = pause
        self._applied: AgeLimits | None = None
        self._whole_run_at: datetime | None = None

    async def run(self) -> None:
        """Apply retention at the start and every `INTERVAL`, until cancelled. Without any, return at once.

        After a failure, the next attempts are made sooner.
        """
        backoff = Backoff(first=min(FIRST_PAUSE, INTERVAL), longest=INTERVAL, jitter=0.5)
        retries = Retries(DATABASE, backoff, OutageLog(log, "old posts are removed later"))
        while is_limited(self._days):
            result = await retries.repeat(self.apply, on=MonitorError)
            if result is not None:
                _log_result(result)
            await asyncio.sleep(INTERVAL)

    async def apply(self, *, dry_run: bool = False, now: datetime | None = None) -> RetentionResult | None:
        """Remove everything that is due.

        Args:
            dry_run: remove nothing, and count what is due.
            now: the present, timezone-aware.

        Returns:
            What was removed; None if another process is doing it.

        Raises:
            MonitorError: the database is away or refuses. What was removed before stays removed.
        """
        now, result = now or datetime.now(UTC), RetentionResult()
        async with self._exclusively() as connection:
            if connection is None:
                return None
            run = AuditedRun(
                "retention", f"retention {uuid.uuid4().hex[:12]}", describe_retention(self._days)
            )
            all_limits = age_limits(self._days, now)
            limits = single_limits(self._days, all_limits)
            if self._days.whole_months and not dry_run:
                await self._remove_months(connection, all_limits, result, run)
            is_whole = self._whole_run_at is None or (now - self._whole_run_at).total_seconds() >= WHOLE_RUN
            parts = newly_old(limits, None if is_whole else self._applied)
            await self._remove_posts(connection, parts, result, None if dry_run else run)
            if not dry_run:
                with translate_driver_errors(self._settings.database):
                    async with connection.begin():
                        await drop_empty_months(connection, all_limits)
                self._applied = limits
                self._whole_run_at = now if is_whole else self._whole_run_at
        if self._days.alerts_days:
            before = now - timedelta(days=self._days.alerts_days)
            try:
                result.alerts = await trim_alerts(self._settings, before, dry_run=dry_run)
            except MonitorError as problem:
                result.problem = str(problem)
            else:
                if not dry_run:
                    metrics.RETENTION_REMOVED.labels(what="alerts").inc(result.alerts)
        return result

    async def _remove_posts(
        self,
        connection: AsyncConnection,
        parts: Sequence[tuple[AgeLimits, OldPage]],
        result: RetentionResult,
        run: AuditedRun | None,
    ) -> None:
        for limits, page in parts:
            while page.end is not None:
                with translate_driver_errors(self._settings.database):
                    async with connection.begin():
                        page = await remove_old_posts(connection, limits, page.end, run=run)
                await self._note_page(page, result)

    async def _remove_months(
        self,
        connection: AsyncConnection,
        limits: AgeLimits,
        result: RetentionResult,
        run: AuditedRun,
    ) -> None:
        with translate_driver_errors(self._settings.database):
            async with connection.begin():
                months = await find_old_months(connection, limits)
        for month in months:
            page = OldPage(START, 0)
            while page.end is not None:
                with translate_driver_errors(self._settings.database):
                    async with connection.begin():
                        page = await remove_posts_of_month(connection, limits, month, run=run)
                await self._note_page(page, result)

    async def _note_page(self, page: OldPage, result: RetentionResult) -> None:
        """Count what was done with a page, and wait."""
        result.posts += page.due
        result.touched.update(page.touched)
        if page.touched:
            metrics.RETENTION_REMOVED.labels(what="posts").inc(page.due)
        if page.touched or page.end is not None:
            await asyncio.sleep(self._pause if page.touched else SHORT_PAUSE * self._pause)

    @asynccontextmanager
    async def _exclusively(self) -> AsyncIterator[AsyncConnection | None]:
        """Yield a connection that has the lock of retention, or None if another process has it.

        It is not one of the pool, because a run may take long and the batches need those.
        """
        with translate_driver_errors(self._settings.database):
            connection = await self._engine.connect()
            try:
                async with connection.begin():
                    has_lock = bool(await connection.scalar(TRY_LOCK_RUN))
                yield connection if has_lock else None
            finally:
                # The lock ends with the session. Even a cancelled query cannot keep it.
                await connection.invalidate()
                await connection.close()


def is_limited(days: RetentionSettings) -> bool:
    """Return True if anything is removed after some time."""
    return bool(days.posts_days or days.negatives_days or days.alerts_days)


def age_limits(days: RetentionSettings, now: datetime) -> AgeLimits:
    """Return the times before which posts and alerts are removed."""
    numbers = (days.posts_days, days.negatives_days, days.alerts_days)
    return AgeLimits(*(now - timedelta(days=number) if number else None for number in numbers))


def single_limits(days: RetentionSettings, limits: AgeLimits) -> AgeLimits:
    """Return the times before which posts go one by one: all, or those of months that should be gone.

    With `retention.whole_months`, posts wait for their month. `LATENESS` after its last post is due, those
    that are still there do not wait any longer: one of them has to stay.
    """
    if not days.whole_months or limits.posts is None:
        return limits
    return replace(limits, posts=Month.of(limits.posts - LATENESS).start)


def newly_old(limits: AgeLimits, before: AgeLimits | None) -> list[tuple[AgeLimits, OldPage]]:
    """Return what a run looks at: for each part its limits, and the page before its first one.

    Args:
        limits: of this run.
        before: of the run before, whose posts are left out, except for `LATENESS`; None to look at all.
    """
    if before is None:
        return [(limits, OldPage(START, 0))] if limits.posts or limits.negatives else []
    ages = ((replace(limits, negatives=None), before.posts), (limits, before.negatives))
    return [
        (part, OldPage(START._replace(posted_at=seen - LATENESS), 0))
        for part, seen in ages
        if seen is not None
    ]


def describe_retention(days: RetentionSettings) -> str:
    """Return the settings that are not 0, for the audit: `posts_days=90 negatives_days=30`."""
    numbers = {
        "posts_days": days.posts_days,
        "negatives_days": days.negatives_days,
        "whole_months": int(days.whole_months),
    }
    return " ".join(f"{name}={number}" for name, number in numbers.items() if number)


def _log_result(result: RetentionResult) -> None:
    if result.posts or result.alerts:
        log.info("old posts removed", posts=result.posts, alerts=result.alerts or 0)
    if result.problem:
        log.warning("old alerts are removed later", problem=result.problem)
