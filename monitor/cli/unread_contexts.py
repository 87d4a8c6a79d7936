"""Posts whose context a bundle does not read: `ade-monitor score` scores them without it, and says so."""

from __future__ import annotations

from collections.abc import Iterable

from models.scoring import reads_contexts
from monitor.records import Post


class UnreadContexts:
    """Counts posts with a context, if the bundle was not trained to read it.

    Args:
        bundle: name or folder of the bundle. If it reads contexts, nothing is counted.
    """

    def __init__(self, bundle: str) -> None:
        self._bundle = bundle
        self._are_read = reads_contexts(bundle)
        self._count = 0

    def add(self, posts: Iterable[Post]) -> None:
        """Count posts."""
        if not self._are_read:
            self._count += sum(bool(post.context) for post in posts)

    def note(self) -> str | None:
        """Return what to tell the user, or None if there is nothing to tell."""
        if not self._count:
            return None
        return (
            f"{self._count:,} posts have a context, which {self._bundle} was not trained to read: "
            "they are scored without it"
        )
