"""The Classifier's threshold for F1, chosen by expectation, so that a few texts do not decide it.

The threshold with the best F1 that was measured on some hundred texts is a matter of luck: its F1 on other
texts can be far lower. So two numbers are fitted to the texts first, the temperature and the bias of
`calibration.fit`; then each threshold's F1 is expected, with calibrated probabilities in the place of labels:

    F1(t) = 2 * sum of the probabilities from t on / (texts from t on + sum of all probabilities)

For calibrated probabilities the best t is half the best F1 (Lipton et al. 2014).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.errors import RunError
from training.evaluation.calibration import Numbers, fit, log_odds, prevalence_weights
from training.evaluation.threshold import (
    OperatingPoints,
    ThresholdChoice,
    operating_points,
)


def choose_threshold(
    probabilities: Sequence[float],
    labels: Sequence[int],
    *,
    prevalence: float | None = None,
    reachable: Sequence[bool] | None = None,
) -> ThresholdChoice:
    """Choose the threshold with the best expected F1; what it gives is told as it was measured.

    Where positives do not have the higher probabilities, which no calibration mends, the best measured F1
    decides. Arguments and errors are those of `operating_points`.
    """
    points = operating_points(probabilities, labels, prevalence=prevalence, reachable=reachable)
    if not len(points.lowest):
        return ThresholdChoice(1.0, 0.0, 0.0, 0.0)
    try:
        worth = _expected_f1(points, probabilities, labels, prevalence, reachable)
    except RunError:
        worth = points.f1
    best = np.flatnonzero(worth >= worth.max() - 1e-9)
    return points.choice(int(best[len(best) // 2]))


def _expected_f1(
    points: OperatingPoints,
    probabilities: Sequence[float],
    labels: Sequence[int],
    prevalence: float | None,
    reachable: Sequence[bool] | None,
) -> Numbers:
    """Give the expected F1 of each operating point, `[points]`."""
    odds = log_odds(probabilities)
    expected = prevalence_weights(labels, prevalence) * np.asarray(
        fit(odds, labels, bias=True, prevalence=prevalence).probabilities(odds)
    )
    chances = np.asarray(probabilities, dtype=np.float64)
    wanted = np.ones(len(chances), dtype=bool) if reachable is None else np.asarray(reachable, dtype=bool)
    order = np.argsort(-chances[wanted], kind="stable")
    counted = np.searchsorted(-chances[wanted][order], -points.lowest, side="right") - 1
    hits = np.cumsum(expected[wanted][order])[counted]
    found = np.cumsum(prevalence_weights(labels, prevalence)[wanted][order])[counted]
    return np.asarray(2 * hits / (found + expected.sum()), dtype=np.float64)
