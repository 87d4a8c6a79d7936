"""Two Normalizers together: the codes of a span by the mean of their log-probabilities."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from typing import Final

from models.normalizer import BEST, Normalizer, SpanInText
from models.predictions import Candidate

SHORTLIST: Final = 20
"""Candidates of each Normalizer that are compared."""

_FLOOR: Final = 1e-3  # of a probability, so that neither Normalizer alone can rule out a PT


class TwoNormalizers:
    """Codes spans by two Normalizers; a `Normalizer`.

    The score of a PT is the geometric mean of both probabilities, and so is that of "none of them". All are
    then divided by their sum. A PT that only one of the two knows keeps the probability of that one.

    Args:
        first: returns up to `SHORTLIST` candidates.
        second: returns up to `SHORTLIST` candidates.
        known_to_first: the PTs, by code, that the first can return.
        known_to_second: the PTs, by code, that the second can return.
        best: the number of candidates to return.
    """

    def __init__(
        self,
        first: Normalizer,
        second: Normalizer,
        *,
        known_to_first: Set[str],
        known_to_second: Set[str],
        best: int = BEST,
    ) -> None:
        self.best = best
        self._normalizers = first, second
        self._known = known_to_first, known_to_second

    def rank(self, spans: Sequence[SpanInText]) -> list[list[Candidate]]:
        """Return the best candidates of each span, in the order of `spans`, best first."""
        first, second = (normalizer.rank(spans) for normalizer in self._normalizers)
        return [self._combine(*pair) for pair in zip(first, second, strict=True)]

    def _combine(self, first: Sequence[Candidate], second: Sequence[Candidate]) -> list[Candidate]:
        if not first or not second:
            return [*first, *second][: self.best]
        # The first one's names win, where two releases name a PT differently.
        names = {candidate.ptid: candidate.pt_name for candidate in (*second, *first)}
        scores = [{candidate.ptid: candidate.score for candidate in ranking} for ranking in (first, second)]
        means = {ptid: self._mean(ptid, scores) for ptid in names}
        nothing = math.sqrt(math.prod(max(1 - sum(each.values()), _FLOOR) for each in scores))
        total = sum(means.values()) + nothing
        best = sorted(means, key=lambda ptid: (-means[ptid], ptid))[: self.best]
        return [Candidate(ptid, names[ptid], means[ptid] / total) for ptid in best]

    def _mean(self, ptid: str, scores: Sequence[Mapping[str, float]]) -> float:
        """Return the geometric mean of the probabilities of those Normalizers that know the PT."""
        known = [
            max(each.get(ptid, 0.0), _FLOOR)
            for each, ptids in zip(scores, self._known, strict=True)
            if ptid in ptids or ptid in each
        ]
        return math.prod(known) ** (1 / len(known))
