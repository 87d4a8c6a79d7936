"""Precision and recall at each threshold of the Classifier, and the choice of one.

With a few hundred texts, the threshold with the best measured F1 is a matter of luck: its F1 on other texts
can be far lower. So `choose_threshold` first fits a temperature and a bias to the texts. Then it compares the
expected F1 of the thresholds, with calibrated probabilities in place of labels:

    F1(t) = 2 * sum of the probabilities from t on / (texts from t on + sum of all probabilities)

With calibrated probabilities the best t is half the best F1 (Lipton et al. 2014). Where the log-odds of
positives and negatives are not as a logistic curve has them, no number of texts makes the expected F1 right.
So it is averaged with the measured F1, which counts for n / (n + 20) with n positives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.errors import RunError
from training.evaluation.calibration import Numbers, fit_calibrator, log_odds, prevalence_weights

_TRUSTED_POSITIVES: Final = 20
"""With so many positives the measured F1 counts as much as the expected one. Chosen on sentences of reviews:
50 to 500 of them, with 7%, 20% and 45% positives, other numbers from 10 to 30 are about as good."""


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """A threshold with the figures that it has at the prevalence that it was chosen for.

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
    """The figures of each threshold that makes a difference, from the highest to the lowest.

    Attributes:
        lowest: `[points]`, the lowest probability that counts as ADE.
        below: `[points]`, the next lower probability in the data, or 0. Any threshold above it, up to
            `lowest`, has the same effect.
        precision: `[points]`.
        recall: `[points]`, which never falls.
    """

    lowest: Numbers
    below: Numbers
    precision: Numbers
    recall: Numbers

    @property
    def f1(self) -> Numbers:
        """`[points]`: harmonic mean of precision and recall; 0 if both are 0."""
        total = self.precision + self.recall
        return np.divide(2 * self.precision * self.recall, total, out=np.zeros_like(total), where=total > 0)

    @property
    def average_precision(self) -> float:
        """Precision, averaged over the steps of recall."""
        return float((np.diff(self.recall, prepend=0.0) * self.precision).sum())

    def choice(self, point: int) -> ThresholdChoice:
        """Return the threshold half way to the next lower probability, with as few digits as possible."""
        threshold = short_threshold(float(self.below[point]), float(self.lowest[point]))
        return ThresholdChoice(
            threshold, float(self.precision[point]), float(self.recall[point]), float(self.f1[point])
        )


def short_threshold(below: float, lowest: float) -> float:
    """Return a number half way between two probabilities, above `below`, with as few digits as possible."""
    middle = (lowest + below) / 2
    rounded = (round(middle, digits) for digits in range(2, 17))
    return next((value for value in rounded if below < value <= lowest), lowest)


def operating_points(
    probabilities: Sequence[float],
    labels: Sequence[int],
    *,
    prevalence: float | None = None,
    reachable: Sequence[bool] | None = None,
) -> OperatingPoints:
    """Compute precision and recall at each distinct probability.

    Args:
        probabilities: of ADE, on validation data.
        labels: 1 or 0 for each.
        prevalence: share of positives in the stream that the model is for, in (0, 1): the negatives are
            weighted to it. None is the share in the data.
        reachable: whether a text can be positive at all. Line 12 of Algorithm 2 makes a text without a span
            negative, whatever its probability.

    Raises:
        ValueError: a class is missing, or the prevalence lies outside (0, 1).
    """
    weights = prevalence_weights(labels, prevalence)
    chances, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    kept = _mask(reachable, len(truth))
    order = np.argsort(-chances[kept], kind="stable")
    sorted_chances, sorted_truth = chances[kept][order], truth[kept][order]
    # Equal probabilities are one point: the last of them.
    last = np.flatnonzero(np.append(np.diff(sorted_chances) != 0, True)[: len(order)])
    hits = np.cumsum(sorted_truth)[last]
    false_alarms = np.cumsum((1 - sorted_truth) * weights[kept][order])[last]
    lowest = sorted_chances[last]
    alarms = hits + false_alarms
    return OperatingPoints(
        lowest,
        np.append(lowest[1:], 0.0)[: len(lowest)],
        np.divide(hits, alarms, out=np.zeros_like(hits), where=alarms > 0),
        hits / truth.sum(),
    )


def choose_threshold(
    probabilities: Sequence[float],
    labels: Sequence[int],
    *,
    prevalence: float | None = None,
    reachable: Sequence[bool] | None = None,
) -> ThresholdChoice:
    """Choose the threshold with the best expected F1; its figures are those measured on the texts.

    If positives do not have the higher probabilities, which no calibration fixes, the best measured F1
    decides. Arguments and errors are those of `operating_points`.
    """
    points = operating_points(probabilities, labels, prevalence=prevalence, reachable=reachable)
    if not len(points.lowest):
        return ThresholdChoice(1.0, 0.0, 0.0, 0.0)
    f1 = expected_f1(points, probabilities, labels, prevalence=prevalence, reachable=reachable)
    best = np.flatnonzero(f1 >= f1.max() - 1e-9)
    return points.choice(int(best[len(best) // 2]))


def expected_f1(
    points: OperatingPoints,
    probabilities: Sequence[float],
    labels: Sequence[int],
    *,
    prevalence: float | None = None,
    reachable: Sequence[bool] | None = None,
) -> Numbers:
    """Return the expected F1 of each operating point, averaged with the measured one, `[points]`.

    If no calibration fits, it is the measured one.

    Args:
        points: from `operating_points` with the same further arguments.
        probabilities: as for `operating_points`.
        labels: as for `operating_points`.
        prevalence: as for `operating_points`.
        reachable: as for `operating_points`.
    """
    weights = prevalence_weights(labels, prevalence)
    odds = log_odds(probabilities)
    try:
        calibrator = fit_calibrator(odds, labels, bias=True, prevalence=prevalence)
    except RunError:
        return points.f1
    expected = weights * np.asarray(calibrator.probabilities(odds))
    chances = np.asarray(probabilities, dtype=np.float64)
    kept = _mask(reachable, len(chances))
    order = np.argsort(-chances[kept], kind="stable")
    last = np.searchsorted(-chances[kept][order], -points.lowest, side="right") - 1
    hits = np.cumsum(expected[kept][order])[last]
    alarms = np.cumsum(weights[kept][order])[last]
    share = sum(labels) / (sum(labels) + _TRUSTED_POSITIVES)
    return np.asarray((1 - share) * 2 * hits / (alarms + expected.sum()) + share * points.f1)


def _mask(reachable: Sequence[bool] | None, texts: int) -> NDArray[np.bool_]:
    return np.ones(texts, dtype=bool) if reachable is None else np.asarray(reachable, dtype=bool)
