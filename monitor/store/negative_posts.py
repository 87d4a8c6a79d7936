"""Which posts without an effect get a row: none of them, a sample for review, or all.

Most posts are such posts, and nobody reads their rows. A post with an effect always has its row, and then all
of its versions belong to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.records import ScoredPost
from monitor.settings import StoreSettings
from monitor.store import statements as sql
from monitor.store.columns import is_positive

_KEY: Final = b"sample of negative posts"
_BYTES: Final = 8
_DIGESTS: Final = 2.0 ** (8 * _BYTES)


@dataclass(frozen=True, slots=True)
class SortedPosts:
    """The posts of a batch, in their order.

    Attributes:
        stored: those whose rows are written.
        unstored: posts without an effect that get no row. They are only counted.
    """

    stored: list[ScoredPost]
    unstored: list[ScoredPost]


@dataclass(frozen=True, slots=True)
class NegativePosts:
    """Decides about posts without an effect, for the same id always in the same way.

    Args:
        settings: which of them are stored.
    """

    settings: StoreSettings

    def keeps(self, tweet_id: str) -> bool:
        """Return True if a post gets a row also without an effect.

        It depends on a keyed hash of the id, so a post that is read again is stored again or left out again.
        With a larger share, the same posts and more are stored.
        """
        if self.settings.negatives != "sample":
            return self.settings.negatives == "all"
        return self._is_sampled(tweet_id)

    def has_row(self, row: ScoredPost) -> bool:
        """Return True if a scored post gets a row also if it is the first version of its post."""
        return is_positive(row) or self.keeps(row.received.post.id)

    def is_for_review(self, tweet_id: str) -> bool:
        """Return True if a post is in the sample for review, so its text is stored, too."""
        return self.settings.negatives == "sample" and self._is_sampled(tweet_id)

    def inclusion(self, row: ScoredPost, *, had_effect: bool) -> float:
        """Return the probability with which a prediction is stored.

        Args:
            row: the scored post.
            had_effect: True if the post has a row because of an effect, in this version or another one.
        """
        if had_effect or is_positive(row) or self.settings.negatives != "sample":
            return 1.0
        # A row of another time, from when all were stored, is not there by chance.
        return self.settings.negatives_share if self._is_sampled(row.received.post.id) else 1.0

    def _is_sampled(self, tweet_id: str) -> bool:
        encoded = tweet_id.encode(errors="surrogatepass")
        digest = hashlib.blake2b(encoded, key=_KEY, digest_size=_BYTES).digest()
        return int.from_bytes(digest) < self.settings.negatives_share * _DIGESTS

    async def sort(self, connection: AsyncConnection, admitted: Sequence[ScoredPost]) -> SortedPosts:
        """Sort the posts of a batch: is a row written, or is the post only counted?

        Args:
            connection: in the transaction of the batch.
            admitted: the posts, under the ids by which they are stored.
        """
        if self.settings.negatives == "all":
            return SortedPosts(list(admitted), [])
        stored = {row.received.post.id for row in admitted if self.has_row(row)}
        if unknown := sorted({row.received.post.id for row in admitted} - stored):
            # An edit may take the effect out of a post that has a row.
            stored |= set((await connection.execute(sql.FIND_TWEETS, {"ids": unknown})).scalars())
        posts = SortedPosts([], [])
        for row in admitted:
            (posts.stored if row.received.post.id in stored else posts.unstored).append(row)
        return posts
