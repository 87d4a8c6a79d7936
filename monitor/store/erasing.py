"""Erase posts: everything that shows what was written, by whom and where.

An erased post stays as a row without a name, so predictions and counts are kept.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import RetractionReason
from monitor.store import erasing_statements as sql
from monitor.store.cases.case_statements import ERASE_CASE_POSTS, ERASE_CASES, REMOVE_CASES_OF
from monitor.store.post_copies import forget_copies

ERASED: Final = "erased:"
"""Start of the id of a post that was erased. A random number follows."""

NAMES_AT_ONCE: Final = 5_000
"""Number of ids in a statement, so that an author of any number of posts is erased within its timeout."""

ERASING_STEPS: Final = {
    "mentions": sql.DELETE_MENTIONS,
    "post_drugs": sql.DELETE_DRUGS,
    "post_facts": sql.DELETE_FACTS,
    "post_aliases": sql.DELETE_ALIASES,
    "alert_outbox": sql.RETRACT_ALERTS,
    "tweets": sql.ERASE_TWEETS,
    "predictions": sql.ERASE_PREDICTIONS,
}
"""What erases posts in each table, in this order. Each statement returns the old id of each row."""


@dataclass(frozen=True, slots=True)
class Removal:
    """Posts that are to be erased.

    Attributes:
        names: all ids of the posts.
        reason: the reason that subscribers of their alerts get.
        touched: here, the rows are counted by table.
    """

    names: Collection[str]
    reason: RetractionReason
    touched: Counter[str]


async def erase_posts(connection: AsyncConnection, removals: Sequence[Removal]) -> None:
    """Erase posts and their reposts, and what other posts quote of them. Each removal counts its rows."""
    by_name: dict[str, Removal] = {}
    for removal in removals:
        for name in removal.names:
            by_name.setdefault(name, removal)
    names = sorted(by_name)
    for first in range(0, len(names), NAMES_AT_ONCE):
        await _erase_names(connection, names[first : first + NAMES_AT_ONCE], by_name)


async def _erase_names(
    connection: AsyncConnection, names: Sequence[str], by_name: Mapping[str, Removal]
) -> None:
    erased: dict[str, Removal] = {}
    quoting: dict[str, Removal] = {}
    for row in await connection.execute(sql.POSTS_AND_REFERENCES, {"names": names}):
        (erased if row.erased else quoting).setdefault(row.tweet_id, by_name[row.name])
    quoting = {tweet_id: removal for tweet_id, removal in quoting.items() if tweet_id not in erased}
    if erased:
        old = sorted(erased)
        parameters = {
            "old": old,
            "new": [f"{ERASED}{uuid.uuid4().hex}" for _ in old],
            "reason": [erased[tweet_id].reason.value for tweet_id in old],
        }
        # Not counted: they say how posts are related, and one row may be about several posts.
        await forget_copies(connection, old)
        await connection.execute(REMOVE_CASES_OF, {"ids": old})
        for table, statement in ERASING_STEPS.items():
            for tweet_id in (await connection.execute(statement, parameters)).scalars():
                erased[tweet_id].touched[table] += 1
        await connection.execute(ERASE_CASE_POSTS, {"new": parameters["new"]})
        await connection.execute(ERASE_CASES, {"new": parameters["new"]})
    if quoting:
        references = {"tweet_ids": sorted(quoting), "names": names}
        forgotten = await connection.execute(sql.FORGET_REFERENCES, references)
        for tweet_id in forgotten.scalars():
            quoting[tweet_id].touched["contexts"] += 1
