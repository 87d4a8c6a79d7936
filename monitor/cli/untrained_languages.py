"""Posts in languages that a bundle was not trained on: `ade-monitor score` scores them, and says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from models.languages import primary_language
from models.scoring import trained_languages
from monitor.records import Post

MOST_NAMED: Final = 5
"""Number of languages that the note names."""


class UntrainedLanguages:
    """Counts posts whose platform names a language that is not among those of the bundle.

    Args:
        bundle: name or folder of the bundle. If it states no languages, nothing is counted.
    """

    def __init__(self, bundle: str) -> None:
        self._trained = frozenset(trained_languages(bundle))
        self._counts: Counter[str] = Counter()

    def add(self, posts: Iterable[Post]) -> None:
        """Count posts."""
        if self._trained:
            languages = filter(None, (primary_language(post.lang) for post in posts))
            self._counts.update(language for language in languages if language not in self._trained)

    def note(self) -> str | None:
        """Return what to tell the user, or None if there is nothing to tell."""
        if not self._counts:
            return None
        named = ", ".join(f"{language} {count:,}" for language, count in self._counts.most_common(MOST_NAMED))
        return (
            f"{self._counts.total():,} posts are in languages that the bundle was not trained on ({named}): "
            f"their predictions mean little. It was trained on {', '.join(sorted(self._trained))}"
        )
