"""Do the Classifier's probabilities mean what they say: reliability diagram, expected calibration error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.calibration import prevalence_weights

_BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Texts whose probability lies in one tenth of [0, 1].

    Attributes:
        low: where it begins.
        high: where it ends.
        texts: how many, weighted.
        probability: their mean.
        positive: the share of them that is positive.
    """

    low: float
    high: float
    texts: float
    probability: float
    positive: float


@dataclass(frozen=True)
class Reliability:
    """How far probabilities can be relied on.

    Attributes:
        error: expected calibration error (Guo et al. 2017, equation 3), on ten bins of equal width, of the
            probability of ADE.
        loss: negative log-likelihood, in nats.
        brier: mean squared difference of probability and label.
        bins: those that have texts.
    """

    error: float
    loss: float
    brier: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, object]:
        """Give the figures, rounded to four digits."""
        return {
            "expected_calibration_error": round(self.error, 4),
            "negative_log_likelihood": round(self.loss, 4),
            "brier": round(self.brier, 4),
            "bins": [
                {
                    "from": bin_.low,
                    "to": bin_.high,
                    "texts": round(bin_.texts, 1),
                    "mean_probability": round(bin_.probability, 4),
                    "share_positive": round(bin_.positive, 4),
                }
                for bin_ in self.bins
            ],
        }


def reliability(
    probabilities: Sequence[float], labels: Sequence[int], *, prevalence: float | None = None
) -> Reliability:
    """Measure how far probabilities can be relied on.

    Args:
        probabilities: of ADE.
        labels: 1 or 0 for each.
        prevalence: the negatives are weighted to it, as in `operating_points`.

    Raises:
        ValueError: there are no texts; or, with a prevalence, a class is missing.
    """
    if not len(labels):
        raise ValueError("there are no texts")
    chances, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    weights = np.ones(len(truth)) if prevalence is None else prevalence_weights(labels, prevalence)
    total = float(weights.sum())
    place = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    bins = []
    for number in np.unique(place):
        inside = place == number
        weight = float(weights[inside].sum())
        means = (float((weights * values)[inside].sum()) / weight for values in (chances, truth))
        bins.append(Bin(int(number) / _BINS, (int(number) + 1) / _BINS, weight, *means))
    given = np.where(truth == 1, chances, 1 - chances)
    return Reliability(
        sum(bin_.texts * abs(bin_.probability - bin_.positive) for bin_ in bins) / total,
        float(-(weights * np.log(np.clip(given, 1e-15, 1))).sum()) / total,
        float((weights * (chances - truth) ** 2).sum()) / total,
        tuple(bins),
    )
