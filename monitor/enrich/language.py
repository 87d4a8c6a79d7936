"""The language of a post: the platform's, or a detector's where the platform has none, and which are skipped.

Short posts full of drug names are hard for every detector. To skip a post in a wanted language is the costly
error, so a post is only skipped if the detector is sure. `python -m benchmarks.language` measured the limits
below, and `docs/performance.md` has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from models.languages import primary_language
from models.scoring import trained_languages
from monitor.records import Post
from monitor.settings import Settings

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNWANTED_BELOW: Final = 0.001
"""A post is skipped if the wanted languages together are less probable than this."""

PLATFORM_DOUBTED_FROM: Final = 0.02
"""If the wanted languages together have this probability, a platform that names another is not believed."""

STORED_FROM: Final = 0.5
"""A detected language is stored from this probability on."""

LONGEST_PART: Final = 500
"""Number of code points that the detector reads: more of them cost time and change little."""

_NO_WORDS: Final = re.compile(r"https?://\S+|[@＠]\w+|^RT\b|#", re.ASCII | re.IGNORECASE)
"""What has no language: addresses, names of accounts, the mark of a retweet, and the sign of a hashtag."""


def wanted_languages(settings: Settings) -> tuple[str, ...]:
    """Return the languages that a worker scores: those of the settings, else of the bundle; none means all.

    Raises:
        BundleError: there is no such bundle.
    """
    stated = settings.worker.languages
    return trained_languages(settings.model.bundle) if stated is None else stated


class LanguageDetector:
    """Detects the language of short texts, offline. Safe to call from several threads at once.

    The model of py3langid is loaded at the first use, which takes about half a second.
    """

    @cached_property
    def _identifier(self) -> LanguageIdentifier:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    @cached_property
    def _language_of_label(self) -> Mapping[str, str]:
        languages = {label: primary_language(label) for label in self._identifier.labels}
        return {label: language for label, language in languages.items() if language}

    @property
    def languages(self) -> frozenset[str]:
        """The languages that it knows."""
        return frozenset(self._language_of_label.values())

    def probabilities(self, text: str) -> Mapping[str, float]:
        """Return the probability of each language; what the detector takes for no language is left out."""
        probabilities: dict[str, float] = {}
        for label, probability in self._identifier.rank(detectable_text(text)):
            if language := self._language_of_label.get(label):
                probabilities[language] = probabilities.get(language, 0.0) + probability
        return probabilities


def detectable_text(text: str) -> str:
    """Return the start of a post without what has no language, for a detector."""
    return _NO_WORDS.sub(" ", text[:LONGEST_PART])


class LanguageFilter:
    """Decides which posts are skipped because of their language.

    Args:
        languages: the wanted ones, as `parse_languages` returns them; none means every language.
        detector: for posts whose platform names no language.
    """

    def __init__(self, languages: Iterable[str], detector: LanguageDetector | None = None) -> None:
        self.languages = frozenset(languages)
        self._detector = detector or LanguageDetector()

    def load(self) -> None:
        """Load the model of the detector now, rather than with the first post."""
        self._detector.probabilities("")

    def sort_post(self, post: Post) -> tuple[Post, str | None]:
        """Return the post with its language, and the language that it is skipped for, or None.

        A post is skipped if its platform names another language than the wanted ones, and the detector does
        not contradict. If the platform names none, the detector must be sure that it is another one. An edit
        is never skipped, because an earlier version may be stored.
        """
        stated = primary_language(post.lang)
        if stated is not None and self._is_wanted(stated):
            return post, None
        probabilities = self._detector.probabilities(post.text)
        best = max(probabilities, key=probabilities.__getitem__, default=None)
        wanted_probability = sum(probabilities.get(language, 0.0) for language in self.languages)
        if stated is None:
            is_sure = best is not None and probabilities[best] >= STORED_FROM
            post = replace(post, lang=best if is_sure else None)
            is_unwanted = self._knows_all_wanted and wanted_probability < UNWANTED_BELOW
        else:
            is_unwanted = wanted_probability < PLATFORM_DOUBTED_FROM
        if self._is_wanted(None) or post.edited_at is not None or not is_unwanted:
            return post, None
        return post, stated or best

    @cached_property
    def _knows_all_wanted(self) -> bool:
        """Return True if the detector can see each wanted language; if not, it cannot exclude it either."""
        return self.languages <= self._detector.languages

    def _is_wanted(self, language: str | None) -> bool:
        return not self.languages or language in self.languages
