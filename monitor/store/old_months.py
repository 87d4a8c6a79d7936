"""Remove months as a whole: once all posts of a month are due, its partitions are dropped.

Dropping takes no time, whatever the number of posts, and leaves no dead rows. Only what lies outside of the
partitions goes post by post before: copies, cases, alerts and ids. A month in which one post has to stay is
left to `old_posts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store.audited_runs import AuditedRun, note_run
from monitor.store.months import DROP_MONTH, month_of
from monitor.store.old_posts import (
    AT_ONCE,
    COUNT_ROWS,
    DELETE_STEPS,
    NEEDED_ALERTS,
    PAGE,
    AgeLimits,
    OldPage,
    PageEnd,
    find_due,
    forget_posts,
)
from monitor.store.statements import LOCK_FOR_DELETING

FIND_MONTHS: Final = text(
    "SELECT to_date(right(child.relname, 7), 'YYYY_MM') AS month FROM pg_inherits "
    "JOIN pg_class AS child ON child.oid = inhrelid WHERE inhparent = CAST('tweets' AS regclass) "
    "AND child.relname ~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1"
)

_POSTS_OF_MONTH: Final = "posted_at >= CAST(:start AS timestamptz) AND posted_at < CAST(:end AS timestamptz)"

IS_DUE: Final = text(
    f"SELECT NOT EXISTS (SELECT FROM tweets WHERE {_POSTS_OF_MONTH} "  # noqa: S608
    "AND first_seen_at >= CAST(:posts AS timestamptz)) "
    f"AND NOT EXISTS (SELECT FROM tweets AS t WHERE {_POSTS_OF_MONTH} AND EXISTS ({NEEDED_ALERTS}))"
)

FIND_PAGE: Final = text(
    f"SELECT tweet_id, posted_at FROM post_times WHERE {_POSTS_OF_MONTH} "  # noqa: S608
    "ORDER BY posted_at LIMIT :most"
)

# The rest of a post goes with the partitions.
DELETE_CODES: Final = text(
    "DELETE FROM recoded_mentions WHERE mention_id IN "  # noqa: S608
    f"(SELECT m.id FROM {PAGE} JOIN mentions AS m USING (tweet_id, posted_at))"
)
DELETE_TIMES: Final = text("DELETE FROM post_times WHERE tweet_id = ANY(CAST(:ids AS text[]))")


@dataclass(frozen=True, slots=True)
class Month:
    """A month that has partitions.

    Attributes:
        start: its first moment.
        end: the first moment of the next month.
    """

    start: datetime
    end: datetime

    @classmethod
    def of(cls, at: datetime) -> Month:
        """Return the month of a time, in UTC."""
        first = month_of(at)
        return cls(_midnight(first), _midnight(month_of(_midnight(first) + timedelta(days=31))))


async def find_old_months(connection: AsyncConnection, limits: AgeLimits) -> list[Month]:
    """Return the months with partitions that ended before the limit of posts and have no post to keep."""
    return [month for month in await _over(connection, limits) if await _is_due(connection, limits, month)]


async def drop_empty_months(connection: AsyncConnection, limits: AgeLimits) -> None:
    """Drop the months that ended before the limit of posts and have none, in the caller's transaction."""
    for month in await _over(connection, limits):
        await _drop(connection, month)


async def remove_posts_of_month(
    connection: AsyncConnection, limits: AgeLimits, month: Month, *, run: AuditedRun
) -> OldPage:
    """Forget some posts of a month that is due, in the caller's transaction; the last call drops the month.

    Posts without their rows in `post_times` are those that only wait for that.

    Args:
        connection: in a transaction.
        limits: the age of posts that are due.
        month: one of `find_old_months`.
        run: its row in the audit gets the numbers.

    Returns:
        What was done; its `end` is None after the last page. If a post of the month has come or changed in
        the meantime and has to stay, or somebody reads the tables for long, the month stays, too.
    """
    await connection.execute(LOCK_FOR_DELETING)
    parameters = {"start": month.start, "end": month.end, "most": AT_ONCE}
    rows = (await connection.execute(FIND_PAGE, parameters)).all()
    if not rows:
        if await _is_due(connection, limits, month):
            await _drop(connection, month)
        return OldPage(None, 0)
    due = await find_due(connection, limits, rows)
    page = OldPage(PageEnd(rows[-1].posted_at, rows[-1].tweet_id), len(due["ids"]))
    if page.due < len(rows):
        return OldPage(None, 0)
    await forget_posts(connection, due)
    page.touched["tweets"] = page.due
    for table, count in COUNT_ROWS.items():
        page.touched[table] = int(await connection.scalar(count, due) or 0)
    for table in ("alert_outbox", "post_aliases"):
        page.touched[table] = (await connection.execute(DELETE_STEPS[table], due)).rowcount
    await connection.execute(DELETE_CODES, due)
    await connection.execute(DELETE_TIMES, due)
    await note_run(connection, run, page.touched)
    return page


async def _over(connection: AsyncConnection, limits: AgeLimits) -> list[Month]:
    """Return the months with partitions that ended before the limit of posts."""
    if limits.posts is None:
        return []
    months = [Month.of(_midnight(first)) for first in (await connection.execute(FIND_MONTHS)).scalars()]
    return [month for month in months if month.end <= limits.posts]


async def _drop(connection: AsyncConnection, month: Month) -> None:
    """Drop a month, unless a post has come or somebody reads the tables: then the next run does it."""
    await connection.scalar(DROP_MONTH, {"month": month.start.astimezone(UTC).date()})


async def _is_due(connection: AsyncConnection, limits: AgeLimits, month: Month) -> bool:
    parameters = {**limits.parameters(), "start": month.start, "end": month.end}
    return bool(await connection.scalar(IS_DUE, parameters))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
