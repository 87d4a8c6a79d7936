"""The bundle that scores now. `CurrentBundle` is the one place that knows it.

A batch takes the current bundle once, at its first stage, and keeps it (`Batch.scorer`). So all its posts are
sorted and scored by one bundle, and its rows and alerts name that one, even if another one comes meanwhile.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from models import Scorer, load_scorer
from models.scoring import CacheCounts, CachingScorer
from monitor.enrich import LanguageDetector, LanguageFilter, wanted_languages
from monitor.errors import RetryableError
from monitor.settings import Settings
from monitor.stream.bundle_content import BundleContent, read_content
from monitor.stream.scorer_check import check_scorer


@dataclass(frozen=True, eq=False)
class ServedBundle:
    """A loaded bundle with what a worker derives from it.

    Attributes:
        scorer: scores posts.
        language_filter: decides which posts it scores.
        content: what its folder had when it was loaded; None for a scorer without a folder.
    """

    scorer: Scorer
    language_filter: LanguageFilter
    content: BundleContent | None = None

    @property
    def version(self) -> str:
        """Version of the bundle, as its rows and alerts have it."""
        return self.scorer.version


class CurrentBundle:
    """Which bundle scores now. Safe to use from several threads.

    Args:
        first: the bundle that the worker starts with.
    """

    def __init__(self, first: ServedBundle) -> None:
        self._lock = threading.Lock()
        self._now = first
        self._earlier_counts = CacheCounts()

    @property
    def now(self) -> ServedBundle:
        """The bundle for the next batch."""
        return self._now

    @property
    def version(self) -> str:
        """Version of the bundle for the next batch."""
        return self._now.version

    def replace(self, bundle: ServedBundle) -> None:
        """Use another bundle for the next batches. Those in work keep theirs."""
        with self._lock:
            counts = _counts_of(self._now)
            if counts is not None:
                self._earlier_counts = _sum(self._earlier_counts, counts)
            self._now = bundle

    def cache_counts(self) -> CacheCounts | None:
        """Return the lookups and hits of the cache since the worker started; None if there is no cache."""
        with self._lock:
            counts = _counts_of(self._now)
            return None if counts is None else _sum(self._earlier_counts, counts)


def load_served_bundle(settings: Settings, detector: LanguageDetector) -> ServedBundle:
    """Load the bundle that the settings name, check its files against their hashes, and test it.

    Args:
        settings: of the model, and the languages.
        detector: of languages, which all bundles share.

    Raises:
        ModelError: there is no such bundle, it is damaged, it does not run here, or it fails its self-test.
        RetryableError: the folder of the bundle was changed while it was read.
    """
    name = settings.model.bundle
    content = read_content(name)
    scorer = load_scorer(name, settings.model.serving)
    language_filter = LanguageFilter(wanted_languages(settings), detector)
    # The languages come from another reading of the config than the weights.
    if content is not None and not content.is_same_bundle(read_content(name)):
        raise RetryableError(f"the bundle {name} was changed while it was read: start again")
    if content is not None:
        check_scorer(scorer)
    return ServedBundle(scorer, language_filter, content)


def _counts_of(bundle: ServedBundle) -> CacheCounts | None:
    return bundle.scorer.counts if isinstance(bundle.scorer, CachingScorer) else None


def _sum(earlier: CacheCounts, later: CacheCounts) -> CacheCounts:
    return CacheCounts(earlier.lookups + later.lookups, earlier.hits + later.hits)
