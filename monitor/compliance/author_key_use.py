"""Which keys the hashes of stored authors were made with, and how to forget the hashes of one of them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from monitor.errors import MonitorError
from monitor.settings import Settings
from monitor.store import (
    AuditedRun,
    Store,
    author_keys,
    note_run,
    reading_engine,
    translate_driver_errors,
)
from monitor.store.author_keys import KNOWN_KEYS
from monitor.store.bounded_connections import lift_time_limit
from monitor.store.statements import LOCK_FOR_DELETING

AT_ONCE: Final = 5_000
"""Number of rows of `tweets` in a transaction."""

UNKNOWN_KEY: Final = "unknown"
"""Stands for the keys of rows from before migration 0005."""

# Reads the whole table.
USES: Final = text(
    "SELECT COALESCE(author_key_id, :unknown) AS key_id, count(*) AS posts, "
    "min(first_seen_at) AS oldest, max(first_seen_at) AS newest "
    "FROM tweets WHERE author_hash IS NOT NULL GROUP BY 1 ORDER BY 4 DESC"
)

FORGET_PAGE: Final = text(
    "WITH page AS (SELECT tweet_id, posted_at, author_hash, author_key_id FROM post_times AS o "
    "JOIN tweets USING (tweet_id, posted_at) WHERE o.tweet_id > :after ORDER BY o.tweet_id LIMIT :most"
    "), forgotten AS ("
    "UPDATE tweets AS t SET author_hash = NULL, author_key_id = NULL FROM page "
    "WHERE t.tweet_id = page.tweet_id AND t.posted_at = page.posted_at AND page.author_hash IS NOT NULL "
    "AND COALESCE(page.author_key_id, :unknown) = :key_id RETURNING t.tweet_id"
    ") SELECT (SELECT max(tweet_id) FROM page) AS last, (SELECT count(*) FROM forgotten) AS forgotten"
)

FORGET_KEY: Final = text("DELETE FROM author_keys WHERE key_id = :key_id")


class AuthorKeyError(MonitorError):
    """The hashes of a key cannot be forgotten as requested."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key, and the stored posts whose author was hashed with it.

    Attributes:
        key_id: its id; `UNKNOWN_KEY` for posts from before ids were stored.
        state: `current` or `previous` as the settings have it, or `missing`.
        posts: number of posts.
        oldest: when the first of them was stored; None without posts.
        newest: when the last of them was stored.
    """

    key_id: str
    state: str
    posts: int
    oldest: datetime | None
    newest: datetime | None


def read_key_uses(settings: Settings) -> list[KeyUse]:
    """Return the keys of the settings and of the database, the most recently used one first. Blocking.

    Among them are keys that the database still expects, although no post has a hash of them any more.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    keys = author_keys(settings.privacy)
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).begin() as connection:
        lift_time_limit(connection)
        rows = connection.execute(USES, {"unknown": UNKNOWN_KEY}).all()
        noted = list(connection.execute(KNOWN_KEYS).scalars())

    def state(key_id: str) -> str:
        if key_id == UNKNOWN_KEY:
            return "older"
        return "current" if key_id == keys.current_id else "previous" if key_id in keys.ids else "missing"

    uses = [KeyUse(row.key_id, state(row.key_id), row.posts, row.oldest, row.newest) for row in rows]
    without_posts = {*noted, *keys.ids} - {use.key_id for use in uses}
    unused = sorted(without_posts, key=lambda key_id: (key_id != keys.current_id, key_id))
    return uses + [KeyUse(key_id, state(key_id), 0, None, None) for key_id in unused]


def forget_key(
    settings: Settings, key_id: str, report: Callable[[int], None] = lambda _: None, *, force: bool = False
) -> int:
    """Remove the author hashes that were made with a key, and return their number. Blocking.

    Posts stay, without an author. It may be interrupted and run again. If workers still have the key, the
    next batch notes it again.

    Args:
        settings: the database, and the keys.
        key_id: id of the key, or `UNKNOWN_KEY`.
        report: called with the number so far, after each transaction.
        force: also without a current key in the settings, which is then not compared.

    Raises:
        AuthorKeyError: the key is the current one, or the settings do not have the current one.
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    current = author_keys(settings.privacy).current_id
    if current is None and not force:
        raise AuthorKeyError(
            f"privacy.author_key is not set here, so {key_id} may be the key that the workers have",
            "set it as the workers have it (ADE_PRIVACY__AUTHOR_KEY), or, if they have none, use --force",
        )
    if key_id == current:
        raise AuthorKeyError(
            f"{key_id} is the current key, so workers would store new hashes of it",
            "set another ADE_PRIVACY__AUTHOR_KEY, restart the workers, and run this again",
        )
    return asyncio.run(_forget(settings, key_id, report))


async def _forget(settings: Settings, key_id: str, report: Callable[[int], None]) -> int:
    store = Store(settings)
    run = AuditedRun("forget_key", f"forget_key {uuid.uuid4().hex[:12]}", f"key {key_id}")
    total = 0
    after = ""
    try:
        await store.check_revision()
        with translate_driver_errors(settings.database):
            while True:
                async with store.engine.begin() as connection:
                    await connection.execute(LOCK_FOR_DELETING)
                    parameters = {"after": after, "most": AT_ONCE, "key_id": key_id, "unknown": UNKNOWN_KEY}
                    page = (await connection.execute(FORGET_PAGE, parameters)).one()
                    await note_run(connection, run, {"authors": page.forgotten})
                    if page.last is None:
                        await connection.execute(FORGET_KEY, {"key_id": key_id})
                total += int(page.forgotten)
                report(total)
                if page.last is None:
                    return total
                after = page.last
    finally:
        await store.close()
