"""Names of drugs that also mean something else, and the words around them that decide."""

from __future__ import annotations

from collections.abc import Sequence


class AmbiguousNames:
    """Decides whether an ambiguous name means a drug."""

    def means_drug(self, name: str, words: Sequence[str], first: int, end: int, written: str) -> bool:
        """Return True if the name means a drug here."""
        return True
