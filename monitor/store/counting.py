"""What a batch adds to `hourly_counts` and `hourly_drug_counts`.

A post counts once, with the label of its highest scored version.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.findings import DrugPlace
from monitor.store import statements as sql
from monitor.store.columns import HourlyCount, HourlyDrugCount, PredictionRow, is_positive
from monitor.store.posts import WrittenPosts


async def add_to_counts(
    connection: AsyncConnection, posts: WrittenPosts, new: Sequence[PredictionRow], *, bundle: str
) -> None:
    """Count the posts that the bundle has scored for the first time, and correct those that were edited.

    Args:
        posts: the posts of the batch.
        new: the predictions that the batch has inserted; of a post, those with higher versions come later.
        bundle: version of the bundle.
    """
    highest = {row.tweet_id: row for row in new}
    seen: Counter[int] = Counter()
    positive: Counter[int] = Counter()
    corrections: Counter[int] = Counter()
    for tweet_id, row in highest.items():
        post = posts[tweet_id]
        hour = int(post.posted_at.timestamp() // 3600)
        is_ade = is_positive(row.scored)
        if post.counted is None:
            seen[hour] += 1
            positive[hour] += is_ade
        elif row.version > post.counted.version:
            corrections[hour] += is_ade - (post.counted.label == "ADE")
    counts = [HourlyCount(_start_of(hour), seen[hour], positive[hour]) for hour in sorted(seen)]
    await sql.ADD_COUNTS.run(connection, counts, bundle=bundle)
    changed = {hour: corrections[hour] for hour in sorted(corrections) if corrections[hour]}
    if changed:
        parameters = {"hour": list(map(_start_of, changed)), "positive": list(changed.values())}
        await connection.execute(sql.CORRECT_COUNTS, {**parameters, "bundle": bundle})
    await _add_to_drug_counts(connection, posts, highest, bundle=bundle)


async def _add_to_drug_counts(
    connection: AsyncConnection, posts: WrittenPosts, highest: Mapping[str, PredictionRow], *, bundle: str
) -> None:
    """Count the posts that name a drug themselves, by ingredient. A later edit does not change the count.

    The drugs of posts without an effect are not stored, so nobody knows which ones an edit took away.
    """
    seen: Counter[tuple[int, str]] = Counter()
    positive: Counter[tuple[int, str]] = Counter()
    for tweet_id, row in highest.items():
        post = posts[tweet_id]
        drugs = row.scored.findings.drugs
        if not drugs or post.counted is not None:
            continue
        hour = int(post.posted_at.timestamp() // 3600)
        named = {name for drug in drugs if drug.place is DrugPlace.POST for name in drug.ingredients}
        for name in named:
            seen[hour, name] += 1
            positive[hour, name] += is_positive(row.scored)
    counts = [
        HourlyDrugCount(_start_of(hour), drug, seen[hour, drug], positive[hour, drug])
        for hour, drug in sorted(seen)
    ]
    await sql.ADD_DRUG_COUNTS.run(connection, counts, bundle=bundle)


def _start_of(hour: int) -> datetime:
    """Return the start of an hour that is given in hours since 1970."""
    return datetime.fromtimestamp(hour * 3600, UTC)
