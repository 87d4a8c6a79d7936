"""How two readers decide together: one probability from two, and when the second is asked at all."""

from __future__ import annotations

import math
from typing import Final

from models.bundle import SecondReader

NEVER: Final = 2.0
"""A threshold that no probability reaches."""

_CERTAIN: Final = 1e-15  # probabilities nearer to 0 or 1 are clamped to this distance
_MARGIN: Final = 1e-9  # of log-odds, for rounding


class Combination:
    """The probability of ADE that two readers have together.

    A post whose first probability is less than `reads_from` is not read by the second, and is NoADE. Its
    probability is the first reader's, calibrated. Where that could reach the threshold, the probabilities of
    all such posts are multiplied by one number, so that they keep their order and stay below it.

    Args:
        section: the weights, fitted on validation texts.
    """

    def __init__(self, section: SecondReader) -> None:
        self.section = section

    def asks_second(self, first: float) -> bool:
        """Return True if the second reader reads a post with this probability of the first."""
        return first >= self.section.reads_from

    def log_odds(self, first: float, second: float) -> float:
        """Return the log-odds of ADE of a post that both have read, from their probabilities."""
        section = self.section
        return section.first * log_odds_of(first) + section.second * log_odds_of(second) + section.bias

    def log_odds_alone(self, first: float) -> float:
        """Return the log-odds of ADE by the first reader alone, calibrated, from its probability."""
        return self.section.alone * log_odds_of(first) + self.section.alone_bias

    def probability(self, first: float, second: float) -> float:
        """Return the probability of ADE of a post that both have read, in [0, 1]."""
        return probability_of(self.log_odds(first, second))

    def probability_alone(self, first: float, threshold: float) -> float:
        """Return the probability of ADE of a post that the second does not read.

        Args:
            first: the first reader's probability, less than `reads_from`.
            threshold: of the combined probability. The result is less, unless the threshold is 0.
        """
        highest = self._calibrated(self.section.reads_from)
        factor = min(1.0, threshold / highest) if highest > 0 else 1.0
        probability = self._calibrated(first) * factor
        return max(0.0, min(probability, math.nextafter(threshold, -1)))

    def least_second(self, first: float, threshold: float) -> float:
        """Return about the least probability of the second with which both together reach a threshold.

        Args:
            first: the first reader's probability.
            threshold: of the combined probability.

        Returns:
            A probability, or `NEVER`. It errs a little on the lower side.
        """
        if threshold > 1:
            return NEVER
        if threshold <= 0:
            return 0.0
        section = self.section
        needed = log_odds_of(threshold) - section.first * log_odds_of(first) - section.bias
        least = needed / section.second - _MARGIN
        # The log-odds of 0 are finite here, too.
        return 0.0 if least <= log_odds_of(0.0) else probability_of(least)

    def _calibrated(self, first: float) -> float:
        return probability_of(self.log_odds_alone(first))


def log_odds_of(probability: float) -> float:
    """Return log(p / (1 - p)); probabilities are clamped to 1e-15 from 0 and 1."""
    clamped = min(max(probability, _CERTAIN), 1 - _CERTAIN)
    return math.log(clamped) - math.log1p(-clamped)


def probability_of(log_odds: float) -> float:
    """Return the probability of log-odds of any size."""
    if log_odds >= 0:
        return 1 / (1 + math.exp(-log_odds))
    odds = math.exp(max(log_odds, -700.0))  # less would be rounded to 0
    return odds / (1 + odds)
