"""The versions of a post: its first text is version 1, and each edit is one more.

A text is recognized by its digest, so an edit is noticed even if the text itself is not stored, and an old
version that comes again is not taken for a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from monitor.records import ScoredPost
from monitor.store.digests import LENGTH, text_digest

UNKNOWN: Final = bytes(LENGTH)
"""Stands for the text of a version that was announced but has not arrived yet."""


@dataclass(frozen=True, slots=True)
class History:
    """The versions of a post that are known.

    Attributes:
        digests: the digest of each version's text, in the order of the versions. Rows from before migration
            0003 whose text is not stored have none.
        edited_at: when the current version was written, or None if it is not an edit.
    """

    digests: tuple[bytes, ...] = ()
    edited_at: datetime | None = None

    @property
    def version(self) -> int:
        """Number of the current version, from 1."""
        return len(self.digests) or 1

    def add(self, digest: bytes, edited_at: datetime | None) -> tuple[History, int | None]:
        """Return the history after a text has arrived, and the version that this text is.

        A text is stale if it is new here, but was written before the current version. It has no version.
        """
        if digest in self.digests:
            return self._add_known(digest, edited_at)
        if self._is_stale(edited_at):
            return self, None
        before = self.digests[:-1] if self.digests[-1:] == (UNKNOWN,) else self.digests
        history = History((*before, digest), edited_at)
        return history, history.version

    def _add_known(self, digest: bytes, edited_at: datetime | None) -> tuple[History, int]:
        is_current = self.digests[-1] == digest
        is_newer = edited_at is not None and (self.edited_at is None or edited_at > self.edited_at)
        if not is_newer:
            return self, self._last_version_with(digest)
        # An author may return to an earlier text. Only the time distinguishes this from a repeated message.
        digests = self.digests if is_current else (*self.digests, digest)
        history = History(digests, edited_at)
        return history, history.version

    def _last_version_with(self, digest: bytes) -> int:
        return len(self.digests) - self.digests[::-1].index(digest)

    def _is_stale(self, edited_at: datetime | None) -> bool:
        return self.edited_at is not None and (edited_at is None or edited_at < self.edited_at)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The versions of one post that a batch brings, added to what is stored.

    Attributes:
        history: the versions afterwards.
        versions: for each version that came, the first post of the batch with its text.
        edits: how many posts became a new version of a known post.
        stale: how many posts were older than the current version, and new here.
    """

    history: History
    versions: Mapping[int, ScoredPost]
    edits: int
    stale: int

    @property
    def current(self) -> ScoredPost | None:
        """The post that has the current version, or None if the batch did not bring it."""
        return self.versions.get(self.history.version)


def add_arrivals(history: History, rows: Iterable[ScoredPost]) -> Arrivals:
    """Add the posts of a batch that have the same id, in their order, to a history."""
    versions: dict[int, ScoredPost] = {}
    edits = stale = 0
    for row in rows:
        post = row.received.post
        before = history.digests
        history, version = history.add(text_digest(post.id, post.text), post.edited_at)
        edits += before not in ((), history.digests)
        if version is None:
            stale += 1
        else:
            versions.setdefault(version, row)
    return Arrivals(history, versions, edits, stale)
