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
from monitor.store.counting import start_of
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

# What the replaced versions had added. Their rows are there, because they were counted before.
REMOVE_EFFECTS: Final = text(
    "UPDATE hourly_effect_counts AS t SET posts = t.posts - row.posts FROM ("
    "SELECT old.hour, m.drug, m.ptid, old.platform, count(*) AS posts FROM "
    "unnest(CAST(:tweet_ids AS text[]), CAST(:versions AS integer[]), CAST(:hours AS timestamptz[]), "
    "CAST(:platforms AS text[])) AS old (tweet_id, version, hour, platform) CROSS JOIN LATERAL ("
    "SELECT DISTINCT COALESCE(drug, '') AS drug, COALESCE(ptid, '') AS ptid FROM mentions "
    "WHERE mentions.tweet_id = old.tweet_id AND mentions.version = old.version AND mentions.bundle = :bundle"
    ") AS m GROUP BY old.hour, m.drug, m.ptid, old.platform"
    ") AS row WHERE (t.hour, t.drug, t.ptid, t.platform) = (row.hour, row.drug, row.ptid, row.platform) "
    "AND t.bundle = :bundle"
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
    effects: Counter[tuple[int, str, str, str]] = Counter()
    replaced: list[tuple[str, int, datetime, str]] = []
    for tweet_id, row in {row.tweet_id: row for row in new}.items():
        post = posts[tweet_id]
        hour = int(post.posted_at.timestamp() // 3600)
        if post.counted is not None:
            if row.version <= post.counted.version:
                continue
            if post.counted.label == "ADE":
                version, platform = post.counted.version, post.platform_before or ""
                replaced.append((tweet_id, version, start_of(hour), platform))
        for drug, ptid in _pairs(row):
            effects[hour, drug, ptid, post.platform or ""] += 1
    rows = [EffectCount(start_of(key[0]), *key[1:], count) for key, count in sorted(effects.items())]
    await ADD_EFFECTS.run(connection, rows, bundle=bundle)
    if replaced:
        names = ("tweet_ids", "versions", "hours", "platforms")
        columns = dict(zip(names, map(list, zip(*replaced, strict=True)), strict=True))
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
