"""What a batch knows of first posts: the candidates for copies, and the owners of their keys."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from monitor.effect_reports import CopyKind, CopyOf, effect_of
from monitor.enrich.copies import Account, is_part_key, named_drugs, normalize, reference_key, similarity
from monitor.records import PostKind, ScoredPost

OWNERS_OF_PART: Final = 4
"""Most first posts that are known for a key of a part. Programs post the same sentence about many things."""

COMPARED_POSTS: Final = 16
"""Most first posts that a post is compared with: those that share most keys with it."""


@dataclass(frozen=True, slots=True)
class CopyCandidate:
    """A positive post of the batch.

    Attributes:
        row: the post.
        id_key: key of its id.
        original: key of the id of the post that it repeats, or None.
        exact: key of its words, or None if it has too few.
        parts: keys of their parts.
    """

    row: ScoredPost
    id_key: bytes
    original: bytes | None
    exact: bytes | None
    parts: tuple[bytes, ...]

    @classmethod
    def of(cls, row: ScoredPost) -> CopyCandidate:
        """Return the candidate of a positive post."""
        post, keys = row.received.post, row.findings.copy_keys
        original_id = post.referenced_id if post.kind is PostKind.REPOST else None
        return cls(
            row,
            reference_key(post.id),
            None if original_id in (None, post.id) else reference_key(str(original_id)),
            next((key for key in keys if not is_part_key(key)), None),
            tuple(key for key in keys if is_part_key(key)),
        )

    @property
    def id(self) -> str:
        """Id of the post."""
        return self.row.received.post.id

    @property
    def posted_at(self) -> datetime:
        """When it was posted."""
        return self.row.received.posted_at

    @property
    def names(self) -> list[bytes]:
        """The keys that make another post with the same key the first one."""
        return [key for key in (self.original, self.exact, self.id_key) if key is not None]

    @property
    def keys(self) -> list[bytes]:
        """The keys that the post claims if it is a first post."""
        return [*self.names, *self.parts]

    def account(self) -> Account:
        """Return what the post tells."""
        return Account(
            normalize(self.row.received.post.text),
            named_drugs((mention.drug, mention.place) for mention in self.row.findings.drugs),
            frozenset(map(effect_of, self.row.prediction.mentions)),
        )


@dataclass(slots=True)
class KnownFirsts:
    """First posts and their keys, in the database and in the batch.

    Attributes:
        owners: first post of each key of an id or of a text.
        owners_of_parts: the latest first posts of each key of a part.
        accounts: what first posts tell, as far as that is known; None if the text is not stored any more.
        in_batch: first posts of the batch.
        settled: posts of the batch that were first posts before.
    """

    owners: dict[bytes, str] = field(default_factory=dict)
    owners_of_parts: dict[bytes, deque[str]] = field(default_factory=dict)
    accounts: dict[str, Account | None] = field(default_factory=dict)
    in_batch: dict[str, CopyCandidate] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)

    def add(self, key: bytes, first_id: str) -> None:
        """Add a key of a first post; the earlier owner of a text or an id keeps it."""
        if is_part_key(key):
            self.owners_of_parts.setdefault(key, deque(maxlen=OWNERS_OF_PART)).append(first_id)
        else:
            self.owners.setdefault(key, first_id)

    def add_first(self, post: CopyCandidate) -> None:
        """Add a first post of the batch."""
        self.accounts.pop(post.id, None)  # what it told before it was edited
        self.in_batch[post.id] = post
        for key in post.keys:
            self.add(key, post.id)

    def knows(self, first_id: str) -> bool:
        """Return True if a first post was there when copies were looked for."""
        return first_id in self.accounts or first_id in self.in_batch

    def repeated(self, post: CopyCandidate) -> CopyOf | None:
        """Return the first post whose id or words a post repeats, or None."""
        kinds = (
            (post.original, CopyKind.REPOST),
            (post.exact, CopyKind.EXACT),
            (post.id_key, CopyKind.REPOST),
        )
        for key, kind in kinds:
            owner = None if key is None else self.owners.get(key)
            if owner is not None and owner != post.id:
                return CopyOf(owner, kind)
        return None

    def similar(self, post: CopyCandidate) -> CopyOf | None:
        """Return the first post that is most similar to a post, or None without any."""
        shared = Counter(name for key in post.parts for name in self.owners_of_parts.get(key, ()))
        shared.pop(post.id, None)
        if not shared:
            return None
        account, best = post.account(), None
        for first_id, _ in shared.most_common(COMPARED_POSTS):
            first = self._account_of(first_id)
            value = None if first is None else similarity(first, account)
            if value is not None and (best is None or value > best.similarity):
                best = CopyOf(first_id, CopyKind.NEAR, value)
        return best

    def _account_of(self, first_id: str) -> Account | None:
        if first_id in self.in_batch and first_id not in self.accounts:
            self.accounts[first_id] = self.in_batch[first_id].account()
        return self.accounts.get(first_id)
