"""What a batch adds to `hourly_counts` and `hourly_drug_counts`.

A post counts once, with the label of its highest scored version:

- A first version counts if its message was not counted before (`counted_offsets`). So it counts once, whether
  its post has a row or not, and whether the row came before it, with it, or after it.
- A first version with an effect always has its prediction. So it counts when that is stored, even if its
  message was left out before.
- An edit does not count again: its first version was counted when it came. It corrects the label.
- Posts that are stored also without an effect count when the bundle's first prediction of them is stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.findings import DrugPlace
from monitor.records import ScoredPost
from monitor.store import statements as sql
from monitor.store.columns import HourlyCount, HourlyDrugCount, PredictionRow, is_positive
from monitor.store.counted_offsets import CountedMessages
from monitor.store.negative_posts import NegativePosts
from monitor.store.posts import CountedPrediction, WrittenPost, WrittenPosts


@dataclass(frozen=True, slots=True)
class CountedPost:
    """What a post of the batch adds to the counts of an hour.

    Attributes:
        posted_at: when it was posted.
        scored: the post with its prediction.
        seen: 1 if it counts for the first time, else 0.
        positive: 1 or -1 if the number of positive posts changes, else 0.
        was_counted: True if the bundle has counted it, and its row knows.
    """

    posted_at: datetime
    scored: ScoredPost
    seen: int
    positive: int
    was_counted: bool = False

    @property
    def hour(self) -> int:
        """When it was posted, in hours since 1970."""
        return hour_of(self.posted_at)


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """Decides which posts of a batch count.

    Args:
        counted: the messages that the bundle had counted before the batch.
        negatives: which posts without an effect have rows.
    """

    counted: CountedMessages
    negatives: NegativePosts

    def stored(
        self, rows: Sequence[ScoredPost], posts: WrittenPosts, new: Sequence[PredictionRow]
    ) -> Iterator[CountedPost]:
        """Yield what the posts with rows add.

        Args:
            rows: all posts of the batch that have rows.
            posts: what was written of them.
            new: the predictions that the batch has inserted; of a post, higher versions come later.
        """
        highest = {row.tweet_id: row for row in new}
        for tweet_id, arrived in _by_id(rows).items():
            post, prediction = posts[tweet_id], highest.get(tweet_id)
            if post.counted is not None:
                if prediction is not None:
                    yield _corrected(post, post.counted, prediction)
                continue
            if self.negatives.keeps(tweet_id):
                seen = prediction is not None and self._counts_kept(post)
            else:
                seen = _has_first_effect(post) or self._has_uncounted_first(arrived)
            if prediction is not None:
                scored = prediction.scored
                yield CountedPost(post.posted_at, scored, int(seen), int(is_positive(scored)))
            elif seen:
                # It came after its edit, which another bundle has stored, so the row does not have it.
                yield CountedPost(post.posted_at, arrived[-1], 1, 0)

    def unstored(self, posts: Sequence[ScoredPost]) -> Iterator[CountedPost]:
        """Yield what the posts without rows add; all of them are without an effect."""
        for rows in _by_id(posts).values():
            if self._has_uncounted_first(rows):
                yield CountedPost(rows[0].received.posted_at, rows[-1], 1, 0)

    def _counts_kept(self, post: WrittenPost) -> bool:
        """Return True if the first prediction of a post counts that is stored with or without an effect.

        If the bundle had counted it, its prediction would be there, unless posts without an effect were not
        stored then.
        """
        versions = list(post.arrivals.versions.values())
        if all(map(_is_edit, versions)):
            return post.was_known or post.had_effect or self._has_uncounted(versions)
        return _has_first_effect(post) or self._has_uncounted_first(versions)

    def _has_uncounted_first(self, rows: Sequence[ScoredPost]) -> bool:
        return self._has_uncounted([row for row in rows if not _is_edit(row)])

    def _has_uncounted(self, rows: Sequence[ScoredPost]) -> bool:
        return any(not self.counted.has(row.received.origin) for row in rows)


async def add_to_counts(connection: AsyncConnection, counted: Sequence[CountedPost], *, bundle: str) -> None:
    """Add what the posts of a batch count.

    Args:
        connection: in the transaction of the batch.
        counted: these posts.
        bundle: version of the bundle that scored them.
    """
    seen: Counter[int] = Counter()
    positive: Counter[int] = Counter()
    edited: Counter[int] = Counter()
    corrections: Counter[int] = Counter()
    for post in counted:
        if post.was_counted:
            corrections[post.hour] += post.positive
        elif post.seen:
            seen[post.hour] += 1
            positive[post.hour] += post.positive
        elif post.positive:
            edited[post.hour] += 1
    changed = {hour: change for hour, change in corrections.items() if change}
    # This locks the rows of all hours in their order. The next two statements would take them in another one,
    # and batches of two workers could block each other.
    hours = sorted({*seen, *edited, *changed})
    counts = [HourlyCount(start_of(hour), seen[hour], positive[hour]) for hour in hours]
    await sql.ADD_COUNTS.run(connection, counts, bundle=bundle)
    counts = [HourlyCount(start_of(hour), edited[hour], edited[hour]) for hour in sorted(edited)]
    await sql.ADD_EDITED_COUNTS.run(connection, counts, bundle=bundle)
    if changed:
        parameters = {"hour": list(map(start_of, changed)), "positive": list(changed.values())}
        await connection.execute(sql.CORRECT_COUNTS, {**parameters, "bundle": bundle})
    await sql.ADD_DRUG_COUNTS.run(connection, _drug_counts(counted), bundle=bundle)


def _drug_counts(counted: Sequence[CountedPost]) -> list[HourlyDrugCount]:
    """Return the counts of posts that name a drug themselves, by ingredient. An edit does not change them.

    The drugs of posts without an effect are not stored, so nobody knows which ones an edit took away.
    """
    seen: Counter[tuple[int, str]] = Counter()
    positive: Counter[tuple[int, str]] = Counter()
    for post in counted:
        drugs = post.scored.findings.drugs
        if not drugs or not post.seen:
            continue
        named = {name for drug in drugs if drug.place is DrugPlace.POST for name in drug.ingredients}
        for name in named:
            seen[post.hour, name] += 1
            positive[post.hour, name] += post.positive
    return [
        HourlyDrugCount(start_of(hour), drug, seen[hour, drug], positive[hour, drug])
        for hour, drug in sorted(seen)
    ]


def _corrected(post: WrittenPost, counted: CountedPrediction, prediction: PredictionRow) -> CountedPost:
    """Return what a prediction changes of a post that the bundle has counted."""
    is_newer = prediction.version > counted.version
    change = is_positive(prediction.scored) - (counted.label == "ADE") if is_newer else 0
    return CountedPost(post.posted_at, prediction.scored, 0, change, was_counted=True)


def _by_id(rows: Sequence[ScoredPost]) -> dict[str, list[ScoredPost]]:
    by_id: dict[str, list[ScoredPost]] = {}
    for row in rows:
        by_id.setdefault(row.received.post.id, []).append(row)
    return by_id


def _has_first_effect(post: WrittenPost) -> bool:
    """Return True if the batch has brought a version with an effect that is not an edit."""
    return any(is_positive(row) and not _is_edit(row) for row in post.arrivals.versions.values())


def _is_edit(row: ScoredPost) -> bool:
    return row.received.post.edited_at is not None


def hour_of(time: datetime) -> int:
    """Return the hour of a time, in hours since 1970."""
    return int(time.timestamp() // 3600)


def start_of(hour: int) -> datetime:
    """Return the start of an hour that is given in hours since 1970."""
    return datetime.fromtimestamp(hour * 3600, UTC)
