"""The rows of `tweets` that a batch writes: new posts are inserted, known ones are read and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.errors import RetryableError
from monitor.records import ScoredPost
from monitor.store import statements as sql
from monitor.store.author_keys import AuthorKeys
from monitor.store.columns import PostRow, is_positive
from monitor.store.digests import split_digests
from monitor.store.negative_posts import NegativePosts
from monitor.store.versions import Arrivals, History, add_arrivals


@dataclass(frozen=True, slots=True)
class CountedPrediction:
    """The prediction with which a bundle has counted a post: that of the highest version it has scored."""

    version: int
    label: str


@dataclass(frozen=True, slots=True)
class WrittenPost:
    """A post of the batch, after its row was written.

    Attributes:
        posted_at: when it was posted, as the row has it.
        arrivals: its versions.
        was_edited: True if the row was known, and the batch has brought a new version.
        counted: how the bundle had counted it before the batch; None if it had not.
        was_known: True if the row was there before the batch.
        had_effect: True if a version of it, before the batch or in it, has an effect.
        platform: its platform, or None.
        platform_before: the platform that the row had before the batch, or None.
    """

    posted_at: datetime
    arrivals: Arrivals
    was_edited: bool = False
    counted: CountedPrediction | None = None
    was_known: bool = False
    had_effect: bool = False
    platform: str | None = None
    platform_before: str | None = None

    @property
    def version(self) -> int:
        """The current version."""
        return self.arrivals.history.version

    def dated(self, scored: ScoredPost) -> ScoredPost:
        """Return a version of the post with the date of its row: an edit may come without a date."""
        received = scored.received
        if received.posted_at == self.posted_at:
            return scored
        return replace(
            scored, received=replace(received, post=replace(received.post, created_at=self.posted_at))
        )


WrittenPosts = Mapping[str, WrittenPost]
"""The posts of a batch by id, in the order in which they came."""


class PostWriter:
    """Writes the rows of `tweets`.

    Args:
        keys: those of the authors' hashes; without a current one, no author is stored.
        negatives: which posts without an effect are stored with their text, for review.
    """

    def __init__(self, keys: AuthorKeys, negatives: NegativePosts) -> None:
        self._negatives = negatives
        self._put = sql.put_tweets(keys)
        self._change = sql.change_tweets(keys)

    async def write(
        self, connection: AsyncConnection, admitted: Sequence[ScoredPost], *, bundle: str
    ) -> WrittenPosts:
        """Insert the posts that are new, and change the known ones where the batch brings something new."""
        rows: dict[str, list[ScoredPost]] = {}
        for row in admitted:
            rows.setdefault(row.received.post.id, []).append(row)
        arrivals = {tweet_id: add_arrivals(History(), rows[tweet_id]) for tweet_id in rows}
        new = [
            self._row(rows[tweet_id][0].received.posted_at, arrivals[tweet_id], None)
            for tweet_id in sorted(rows)
        ]
        inserted = {row.tweet_id for row in await sql.PUT_TIMES.run(connection, new)}
        await self._put.run(connection, [row for row in new if row.tweet_id in inserted])
        written = {
            tweet_id: WrittenPost(
                posts[0].received.posted_at,
                arrivals[tweet_id],
                had_effect=any(map(is_positive, posts)),
                platform=_platform(arrivals[tweet_id]),
            )
            for tweet_id, posts in rows.items()
        }
        known = {tweet_id: rows[tweet_id] for tweet_id in sorted(rows) if tweet_id not in inserted}
        if known:
            written |= await self._change_known(connection, known, bundle=bundle)
        return written

    async def _change_known(
        self, connection: AsyncConnection, known: Mapping[str, Sequence[ScoredPost]], *, bundle: str
    ) -> dict[str, WrittenPost]:
        parameters = {"tweet_ids": list(known), "bundle": bundle}
        locked = (await connection.execute(sql.LOCK_KNOWN_TWEETS, parameters)).all()
        if len(locked) < len(known):
            raise RetryableError("posts were deleted from `tweets` by hand while a batch was written")
        counted = {
            row.tweet_id: CountedPrediction(row.version, row.label)
            for row in await connection.execute(sql.KNOWN_PREDICTIONS, parameters)
        }
        written: dict[str, WrittenPost] = {}
        changes: list[PostRow] = []
        for row in locked:
            before = History(split_digests(row.text_digests), row.edited_at)
            arrivals = add_arrivals(before, known[row.tweet_id])
            already = counted.get(row.tweet_id)
            if arrivals.current:
                change = self._row(row.posted_at, arrivals, already)
                if arrivals.history != before or (change.shows_text and not row.has_text):
                    changes.append(change)
            written[row.tweet_id] = WrittenPost(
                row.posted_at,
                arrivals,
                was_edited=arrivals.edits > 0,
                counted=already,
                was_known=True,
                had_effect=row.has_effect or any(map(is_positive, known[row.tweet_id])),
                platform=_platform(arrivals) or row.platform,
                platform_before=row.platform,
            )
        await self._change.run(connection, changes)
        return written

    def _row(self, posted_at: datetime, arrivals: Arrivals, counted: CountedPrediction | None) -> PostRow:
        row = _post_row(posted_at, arrivals, counted)
        is_for_review = self._negatives.is_for_review(row.current.received.post.id)
        return row._replace(shows_text=row.shows_text or is_for_review)


def _platform(arrivals: Arrivals) -> str | None:
    """Return the platform of the current version if the batch has brought it, or None."""
    return arrivals.current.received.post.platform if arrivals.current else None


def _post_row(posted_at: datetime, arrivals: Arrivals, counted: CountedPrediction | None) -> PostRow:
    """Return the row of a post of which the batch has the current version.

    Args:
        posted_at: when it was posted, as its first version said.
        arrivals: their versions.
        counted: how the bundle had counted the post before. If that was the current version, its prediction
            stays, and that of the batch is dropped.
    """
    current = arrivals.current
    assert current is not None  # noqa: S101 - every change of a history is a version in `arrivals`
    if counted is not None and counted.version == arrivals.history.version:
        shows_text = counted.label == "ADE"
    else:
        shows_text = is_positive(current)
    return PostRow(posted_at, current, arrivals.history, shows_text)
