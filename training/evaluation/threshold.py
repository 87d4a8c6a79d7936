"""What each threshold of the Classifier gives, and the one that has a wanted precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.calibration import Numbers, prevalence_weights


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """A threshold, and what it gives at the prevalence that it was chosen for.

    Attributes:
        threshold: a probability in [0, 1].
        precision: of the positive class.
        recall: of the positive class.
        f1: of the positive class.
    """

    threshold: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class OperatingPoints:
    """What each threshold that makes a difference gives, from the highest to the lowest.

    Attributes:
        lowest: `[points]`, the least probability that is believed.
        below: `[points]`, the next lower probability there is, or 0: a threshold above it gives the same.
        precision: `[points]`.
        recall: `[points]`, which never falls.
    """

    lowest: Numbers
    below: Numbers
    precision: Numbers
    recall: Numbers

    @property
    def f1(self) -> Numbers:
        """`[points]`: harmonic mean of the two; 0 where both are."""
        total = self.precision + self.recall
        return np.divide(2 * self.precision * self.recall, total, out=np.zeros_like(total), where=total > 0)

    @property
    def average_precision(self) -> float:
        """Precision, averaged over the steps that recall makes."""
        return float((np.diff(self.recall, prepend=0.0) * self.precision).sum())

    def choice(self, point: int) -> ThresholdChoice:
        """Give a threshold half way to the next lower probability, of as few digits as will do."""
        lowest, below = float(self.lowest[point]), float(self.below[point])
        middle = (lowest + below) / 2
        rounded = (round(middle, digits) for digits in range(2, 17))
        threshold = next((value for value in rounded if below < value <= lowest), lowest)
        return ThresholdChoice(
            threshold, float(self.precision[point]), float(self.recall[point]), float(self.f1[point])
        )


def operating_points(
    probabilities: Sequence[float],
    labels: Sequence[int],
    *,
    prevalence: float | None = None,
    reachable: Sequence[bool] | None = None,
) -> OperatingPoints:
    """Give precision and recall at each distinct probability.

    Args:
        probabilities: of ADE, on validation data.
        labels: 1 or 0 for each.
        prevalence: share of positives in the stream that the model is for, in (0, 1): the negatives are
            weighted to it. None for that of the data.
        reachable: whether a text can be positive at all; line 12 of Algorithm 2 keeps those without a span
            from it, whatever their probability.

    Raises:
        ValueError: a class is missing, or the prevalence lies outside (0, 1).
    """
    weights = prevalence_weights(labels, prevalence)
    chances, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    wanted = np.ones(len(truth), dtype=bool) if reachable is None else np.asarray(reachable, dtype=bool)
    order = np.argsort(-chances[wanted], kind="stable")
    sorted_chances, sorted_truth = chances[wanted][order], truth[wanted][order]
    last = np.flatnonzero(np.append(np.diff(sorted_chances) != 0, True)[: len(order)])  # of equal ones
    hits = np.cumsum(sorted_truth)[last]
    false = np.cumsum((1 - sorted_truth) * weights[wanted][order])[last]
    lowest = sorted_chances[last]
    found = hits + false
    return OperatingPoints(
        lowest,
        np.append(lowest[1:], 0.0)[: len(lowest)],
        np.divide(hits, found, out=np.zeros_like(hits), where=found > 0),
        hits / truth.sum(),
    )


def threshold_for_precision(
    wanted: float,
    probabilities: Sequence[float],
    labels: Sequence[int],
    *,
    prevalence: float | None = None,
    reachable: Sequence[bool] | None = None,
) -> ThresholdChoice | None:
    """Choose the threshold with the best recall of those with at least a wanted precision.

    Further arguments and errors are those of `operating_points`.

    Returns:
        None where no threshold has that precision.
    """
    points = operating_points(probabilities, labels, prevalence=prevalence, reachable=reachable)
    good = np.flatnonzero((points.precision >= wanted) & (points.recall > 0))
    if not len(good):
        return None
    best = good[points.recall[good] == points.recall[good].max()]
    return points.choice(int(best[np.argmax(points.precision[best])]))
