"""Remove posts that have been stored for long enough, with everything that belongs to them.

The pages of a run follow the index of `posted_at`. A post is due if it was posted and stored before the
limit, so an archive that was fed today stays for its time. Counts of hours stay, without ids and texts.
`old_months.py` removes months as a whole; here go the others, post by post.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store.audited_runs import AuditedRun, note_run
from monitor.store.cases.case_statements import REMOVE_CASES_OF
from monitor.store.post_copies import forget_copies
from monitor.store.signals.refresh_statements import KEEP_COUNTS_OF
from monitor.store.statements import LOCK_FOR_DELETING

AT_ONCE: Final = 1_000
"""Number of posts in a page. While one is removed, no worker writes."""

FIND_PAGE: Final = text(
    "SELECT tweet_id, posted_at FROM tweets "
    "WHERE posted_at < GREATEST(CAST(:posts AS timestamptz), CAST(:negatives AS timestamptz)) "
    "AND (posted_at, tweet_id) > (:after_at, :after_id) ORDER BY posted_at, tweet_id LIMIT :most"
)

# Rows of the outbox that wait belong to alerts, or retractions, that subscribers have not got yet. The others
# are needed as long as the alert may be in Redis: they know what a deletion of the post must retract.
NEEDED_ALERTS: Final = (
    "SELECT FROM alert_outbox AS a WHERE a.tweet_id = t.tweet_id AND (a.published_at IS NULL "
    "OR (a.action <> 'retract' AND a.published_at >= CAST(:alerts AS timestamptz)))"
)
"""Alerts of a post `t` for which it stays."""

PAGE: Final = "unnest(CAST(:ids AS text[]), CAST(:times AS timestamptz[])) AS page (tweet_id, posted_at)"
"""The posts of a page. Their times lead to their months."""

FIND_DUE: Final = text(
    f"SELECT tweet_id, posted_at FROM {PAGE} JOIN tweets AS t USING (tweet_id, posted_at) WHERE ("  # noqa: S608
    "(posted_at < CAST(:posts AS timestamptz) AND first_seen_at < CAST(:posts AS timestamptz)) "
    "OR (posted_at < CAST(:negatives AS timestamptz) AND first_seen_at < CAST(:negatives AS timestamptz) "
    "AND NOT EXISTS (SELECT FROM predictions AS p WHERE p.tweet_id = t.tweet_id "
    "AND p.posted_at = t.posted_at AND p.label = 'ADE'))) "
    f"AND NOT EXISTS ({NEEDED_ALERTS}) ORDER BY tweet_id"
)

COUNT_ROWS: Final = {
    table: text(
        f"SELECT count(*) FROM {PAGE} JOIN {table} AS t USING (tweet_id, posted_at)"  # noqa: S608
    )
    for table in ("predictions", "mentions")
}
"""Counts rows that go along with those of `tweets`."""

DELETE_STEPS: Final = {
    "alert_outbox": text("DELETE FROM alert_outbox WHERE tweet_id = ANY(CAST(:ids AS text[]))"),
    "post_aliases": text("DELETE FROM post_aliases WHERE tweet_id = ANY(CAST(:ids AS text[]))"),
    "tweets": text(
        f"DELETE FROM tweets AS t USING {PAGE} "  # noqa: S608
        "WHERE t.tweet_id = page.tweet_id AND t.posted_at = page.posted_at"
    ),
}
"""What removes posts, in this order. What else belongs to them goes along with their rows of `tweets`."""


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """Times before which posts are removed.

    Attributes:
        posts: of all posts; None if they stay.
        negatives: of posts in which no bundle found an effect; None if they stay as long as all others.
        alerts: of entries in Redis; posts whose alerts were published later stay. None if entries stay.
    """

    posts: datetime | None
    negatives: datetime | None
    alerts: datetime | None = None

    def parameters(self) -> dict[str, Any]:
        """Return them as the statements need them."""
        return {"posts": self.posts, "negatives": self.negatives, "alerts": self.alerts}


class PageEnd(NamedTuple):
    """The last post of a page, in the order of the pages."""

    posted_at: datetime
    tweet_id: str


START: Final = PageEnd(datetime.min.replace(tzinfo=UTC), "")
"""Before the first page."""


@dataclass(slots=True)
class OldPage:
    """What was done with a page.

    Attributes:
        end: where the next page starts; None after the last page.
        due: number of posts that are due.
        touched: number of removed rows by table.
    """

    end: PageEnd | None
    due: int
    touched: Counter[str] = field(default_factory=Counter)


async def remove_old_posts(
    connection: AsyncConnection,
    limits: AgeLimits,
    after: PageEnd,
    *,
    run: AuditedRun | None,
) -> OldPage:
    """Remove the posts of one page that are due, in the caller's transaction, and note them in the audit.

    Args:
        connection: in a transaction.
        limits: the age of posts that are due.
        after: where the page starts.
        run: its row in the audit gets the numbers; None to remove nothing.
    """
    ages = limits.parameters()
    place = {"after_at": after.posted_at, "after_id": after.tweet_id, "most": AT_ONCE}
    rows = (await connection.execute(FIND_PAGE, {**ages, **place})).all()
    end = PageEnd(rows[-1].posted_at, rows[-1].tweet_id) if len(rows) == AT_ONCE else None
    due = await find_due(connection, limits, rows)
    page = OldPage(end, len(due["ids"]))
    if not page.due or run is None:
        return page
    await connection.execute(LOCK_FOR_DELETING)
    # Again, because an edit or a deletion may have put a row into the outbox.
    due = await find_due(connection, limits, rows)
    await forget_posts(connection, due)
    for table, count in COUNT_ROWS.items():
        page.touched[table] = int(await connection.scalar(count, due) or 0)
    for table, statement in DELETE_STEPS.items():
        page.touched[table] = (await connection.execute(statement, due)).rowcount
    page.due = page.touched["tweets"]
    await note_run(connection, run, page.touched)
    return page


async def find_due(
    connection: AsyncConnection, limits: AgeLimits, rows: Iterable[Any]
) -> dict[str, list[Any]]:
    """Return those of the posts (`tweet_id` and `posted_at`) that are due, as parameters of a page."""
    page = page_of(rows)
    return page_of((await connection.execute(FIND_DUE, {**limits.parameters(), **page})).all())


def page_of(rows: Iterable[Any]) -> dict[str, list[Any]]:
    """Return the parameters `ids` and `times` of a page of posts."""
    posts = list(rows)
    return {"ids": [row.tweet_id for row in posts], "times": [row.posted_at for row in posts]}


async def forget_posts(connection: AsyncConnection, due: Mapping[str, Sequence[Any]]) -> None:
    """Remove what refers to posts that go: copies find another first post, and counts of signals stay."""
    await forget_copies(connection, due["ids"])
    await connection.execute(KEEP_COUNTS_OF, due)
    await connection.execute(REMOVE_CASES_OF, due)
