"""Roll-ups of effects: how many posts report an effect of a drug, by hour and platform.

They are exact by the same rules as `hourly_counts`: of a post, the highest version that a bundle has scored
counts, and a version that replaces an earlier one takes its effects back. A post counts once for each drug
and PT, however often it mentions them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store import enrichment_tables
from monitor.store.columns import PredictionRow
from monitor.store.counting import hour_of, start_of
from monitor.store.posts import WrittenPosts
from monitor.store.statements import Insert


class EffectCount(NamedTuple):
    """Posts of one hour (UTC) that report an effect of a drug.

    Attributes:
        drug: name of the drug; empty for effects without one.
        ptid: code of the PT; empty for uncoded effects.
        platform: platform of the posts; empty if it is not known.
        posts: number of posts.
    """

    hour: datetime
    drug: str
    ptid: str
    platform: str
    posts: int


ADD_EFFECTS: Final[Insert[EffectCount]] = Insert(
    enrichment_tables.hourly_effect_counts,
    {name: attrgetter(name) for name in EffectCount._fields},
    constants=["bundle"],
    then="ON CONFLICT (hour, bundle, drug, ptid, platform) DO UPDATE SET posts = t.posts + excluded.posts",
)

# For posts that were counted before, so the rows are there, unless somebody removed them. (An INSERT would
# break a CHECK with these numbers before it finds the row that it takes from.)
REMOVE_EFFECTS: Final = text(
    "UPDATE hourly_effect_counts AS t SET posts = GREATEST(t.posts - row.posts, 0) FROM "
    "unnest(CAST(:hour AS timestamptz[]), CAST(:drug AS text[]), CAST(:ptid AS text[]), "
    "CAST(:platform AS text[]), CAST(:posts AS bigint[])) AS row (hour, drug, ptid, platform, posts) "
    "WHERE (t.hour, t.drug, t.ptid, t.platform) = (row.hour, row.drug, row.ptid, row.platform) "
    "AND t.bundle = :bundle"
)

# What replaced versions had added.
FIND_EFFECTS: Final = text(
    "SELECT old.tweet_id, m.drug, m.ptid "
    "FROM unnest(CAST(:tweet_ids AS text[]), CAST(:versions AS integer[])) AS old (tweet_id, version) "
    "JOIN post_times AS o USING (tweet_id) "
    "CROSS JOIN LATERAL ("
    "SELECT DISTINCT COALESCE(drug, '') AS drug, COALESCE(ptid, '') AS ptid FROM mentions "
    "WHERE mentions.tweet_id = o.tweet_id AND mentions.posted_at = o.posted_at "
    "AND mentions.version = old.version AND mentions.bundle = :bundle"
    ") AS m"
)


async def count_effects(
    connection: AsyncConnection, posts: WrittenPosts, new: Sequence[PredictionRow], *, bundle: str
) -> None:
    """Add the effects of a batch to the roll-ups.

    Args:
        connection: in the transaction of the batch, which has written the mentions.
        posts: the posts with rows.
        new: the predictions that the batch has inserted; of a post, higher versions come later.
        bundle: version of the bundle that scored them.
    """
    changes: Counter[tuple[int, str, str, str]] = Counter()
    replaced: dict[str, int] = {}
    for tweet_id, row in {row.tweet_id: row for row in new}.items():
        post = posts[tweet_id]
        hour = hour_of(post.posted_at)
        if post.counted is not None:
            if row.version <= post.counted.version:
                continue
            if post.counted.label == "ADE":
                replaced[tweet_id] = post.counted.version
        for drug, ptid in _pairs(row):
            changes[hour, drug, ptid, post.platform or ""] += 1
    if replaced:
        old = {"tweet_ids": list(replaced), "versions": list(replaced.values()), "bundle": bundle}
        for tweet_id, drug, ptid in await connection.execute(FIND_EFFECTS, old):
            post = posts[tweet_id]
            changes[hour_of(post.posted_at), drug, ptid, post.platform_before or ""] -= 1
    rows = [EffectCount(start_of(key[0]), *key[1:], count) for key, count in sorted(changes.items()) if count]
    # This locks all rows in their order, also those that lose posts. In two orders, batches of two workers
    # could block each other.
    added = [row._replace(posts=max(row.posts, 0)) for row in rows]
    await ADD_EFFECTS.run(connection, added, bundle=bundle)
    if removed := [row._replace(posts=-row.posts) for row in rows if row.posts < 0]:
        columns = dict(zip(EffectCount._fields, map(list, zip(*removed, strict=True)), strict=True))
        await connection.execute(REMOVE_EFFECTS, {**columns, "bundle": bundle})


def _pairs(row: PredictionRow) -> set[tuple[str, str]]:
    """Return the drugs and PTs of a prediction, as its rows of `mentions` have them."""
    pairs = set()
    for mention in row.scored.prediction.mentions:
        link = row.scored.findings.links.get((mention.start, mention.end))
        pairs.add((link.drug.drug if link else "", mention.ptid or ""))
    return pairs


def read_effect_counts(
    connection: Connection,
    *,
    since: datetime,
    until: datetime,
    bundle: str,
    drug: str | None = None,
    ptid: str | None = None,
) -> list[EffectCount]:
    """Return the roll-ups of the hours from `since` to before `until`, in the order of the hours.

    Args:
        connection: to the database.
        since: start of the first hour, timezone-aware.
        until: end of the last hour, timezone-aware.
        bundle: version of the bundle that found the effects.
        drug: only effects of this drug; "" for effects without one.
        ptid: only this PT; "" for uncoded effects.
    """
    table = enrichment_tables.hourly_effect_counts
    columns: list[Any] = [table.c[name] for name in EffectCount._fields]
    conditions = [table.c.hour >= since, table.c.hour < until, table.c.bundle == bundle, table.c.posts > 0]
    if drug is not None:
        conditions.append(table.c.drug == drug)
    if ptid is not None:
        conditions.append(table.c.ptid == ptid)
    rows = connection.execute(select(*columns).where(*conditions).order_by(*columns[:-1]))
    return [EffectCount(*row) for row in rows]
