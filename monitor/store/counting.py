"""What a batch adds to `hourly_counts`: a post counts once, with the label of its highest scored version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store import statements as sql
from monitor.store.columns import HourlyCount, PredictionRow, is_positive
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


def _start_of(hour: int) -> datetime:
    """Return the start of an hour that is given in hours since 1970."""
    return datetime.fromtimestamp(hour * 3600, UTC)
