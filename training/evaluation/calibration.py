"""Do probabilities mean what they say? Reliability, and the temperature and bias that improve it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.errors import RunError

Numbers = NDArray[np.float64]

_CERTAIN: Final = 1e-15  # probabilities nearer to 0 or 1 are clamped to this distance
_BINS: Final = 10
_NEWTON_STEPS: Final = 100
_HALVINGS: Final = 40
_MIN_SLOPE: Final = 1e-3  # a temperature of 1,000, which makes all probabilities the same


@dataclass(frozen=True, slots=True)
class Bin:
    """Texts whose probability lies in one tenth of [0, 1].

    Attributes:
        low: lower end of the bin.
        high: upper end of the bin.
        texts: how many, weighted.
        probability: their mean probability.
        positive: share of them that is positive.
    """

    low: float
    high: float
    texts: float
    probability: float
    positive: float


@dataclass(frozen=True)
class Reliability:
    """How well probabilities agree with labels.

    Attributes:
        error: expected calibration error of the probability of ADE, on ten bins of equal width (Guo et al.
            2017, equation 3).
        loss: negative log-likelihood, in nats.
        brier: mean squared difference of probability and label.
        bins: those that have texts.
    """

    error: float
    loss: float
    brier: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, object]:
        """Return the figures, rounded to four digits."""
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


def measure_reliability(
    probabilities: Sequence[float],
    labels: Sequence[int],
    *,
    prevalence: float | None = None,
    weights: Numbers | None = None,
) -> Reliability:
    """Measure how well probabilities agree with labels.

    Args:
        probabilities: of ADE.
        labels: 1 or 0 for each.
        prevalence: share of positives that the negatives are weighted to, as in `operating_points`.
        weights: `[texts]`: how much each text counts, instead of a prevalence.

    Raises:
        ValueError: there are no texts; or, with a prevalence, a class is missing.
    """
    if not len(labels):
        raise ValueError("there are no texts")
    chances, truth = np.asarray(probabilities, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    if weights is None:
        weights = np.ones(len(truth)) if prevalence is None else prevalence_weights(labels, prevalence)
    total = float(weights.sum())
    bin_numbers = np.minimum((chances * _BINS).astype(int), _BINS - 1)
    bins = []
    for number in np.unique(bin_numbers):
        inside = bin_numbers == number
        weight = float(weights[inside].sum())
        means = (float((weights * values)[inside].sum()) / weight for values in (chances, truth))
        bins.append(Bin(int(number) / _BINS, (int(number) + 1) / _BINS, weight, *means))
    of_label = np.where(truth == 1, chances, 1 - chances)
    return Reliability(
        sum(bin_.texts * abs(bin_.probability - bin_.positive) for bin_ in bins) / total,
        float(-(weights * np.log(np.clip(of_label, _CERTAIN, 1))).sum()) / total,
        float((weights * (chances - truth) ** 2).sum()) / total,
        tuple(bins),
    )


@dataclass(frozen=True, slots=True)
class Calibrator:
    """Calibrated log-odds = log-odds / temperature + bias.

    Attributes:
        temperature: more than 0.
        bias: 0 if none was fitted.
    """

    temperature: float
    bias: float

    def probabilities(self, odds: Numbers) -> list[float]:
        """Return the calibrated probabilities, `[texts]`, of log-odds."""
        return [float(value) for value in sigmoid(odds / self.temperature + self.bias)]


@dataclass(frozen=True, slots=True)
class Prior:
    """What is expected of weights before any text is seen: a normal distribution of each.

    Attributes:
        means: `[weights]`.
        deviations: `[weights]`, standard deviations; infinity expects nothing.
    """

    means: Numbers
    deviations: Numbers

    def loss(self, weights: Numbers) -> float:
        """Return the negative logarithm of the density, up to a constant."""
        return float((((weights - self.means) / self.deviations) ** 2).sum()) / 2

    def gradient(self, weights: Numbers) -> Numbers:
        """Return the gradient of the loss, `[weights]`."""
        return (weights - self.means) / self.deviations**2


def fit_calibrator(
    odds: Numbers,
    labels: Sequence[int],
    *,
    bias: bool,
    prevalence: float | None = None,
    weights: Numbers | None = None,
) -> Calibrator:
    """Find the temperature (Guo et al. 2017), and a bias, with the lowest negative log-likelihood.

    Args:
        odds: log-odds of ADE, `[texts]`, not calibrated.
        labels: 1 or 0 for each.
        bias: whether to fit one. Class weights in training shift all log-odds, and a bias takes that back.
        prevalence: share of positives that the negatives are weighted to, as in `operating_points`.
        weights: `[texts]`: how much each text counts, instead of a prevalence.

    Raises:
        ValueError: a class is missing, or the prevalence lies outside (0, 1).
        RunError: positives do not have the higher probabilities.
    """
    if weights is None:
        weights = prevalence_weights(labels, prevalence)
    columns = np.stack([odds, np.ones_like(odds)]) if bias else odds[np.newaxis]
    parameters = fit_weights(columns, labels, weights)
    if parameters[0] < _MIN_SLOPE:
        raise RunError(
            "positive texts do not have higher probabilities than negative ones, so that no temperature "
            "helps: check that the labels are right, or train the bundle longer"
        )
    return Calibrator(float(1 / parameters[0]), float(parameters[1]) if bias else 0.0)


def fit_weights(
    columns: Numbers, labels: Sequence[int], text_weights: Numbers, prior: Prior | None = None
) -> Numbers:
    """Fit a logistic regression: the weights of the columns with the lowest negative log-likelihood.

    Newton's method with step halving. The targets lie slightly inside of 0 and 1 (Platt 1999), so that there
    is an optimum even if the columns separate the classes.

    Args:
        columns: `[weights, texts]`; a column of ones has the bias.
        labels: 1 or 0 for each text.
        text_weights: `[texts]`: how much each text counts.
        prior: what is expected of the weights; by default nothing.

    Returns:
        `[weights]`.
    """
    truth = np.asarray(labels, dtype=np.float64)
    positives = truth.sum()
    targets = np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (len(truth) - positives + 2))
    if prior is None:
        prior = Prior(np.zeros(len(columns)), np.full(len(columns), np.inf))
    parameters = np.where(np.isfinite(prior.deviations), prior.means, 0.0)

    def loss_of(weights: Numbers) -> float:
        odds = weights @ columns
        return float((text_weights * (np.logaddexp(0, odds) - targets * odds)).sum()) + prior.loss(weights)

    loss = loss_of(parameters)
    for _ in range(_NEWTON_STEPS):
        chances = sigmoid(parameters @ columns)
        gradient = columns @ (text_weights * (chances - targets)) + prior.gradient(parameters)
        curvature = (columns * (text_weights * chances * (1 - chances))) @ columns.T
        curvature += np.diag(1e-9 + 1 / prior.deviations**2)
        step = np.linalg.solve(curvature, gradient)
        for halving in range(_HALVINGS):
            candidate = parameters - step / 2**halving
            lower_loss = loss_of(candidate)
            if lower_loss < loss:
                break
        else:
            break
        converged = loss - lower_loss < 1e-12 * loss
        parameters, loss = candidate, lower_loss
        if converged:
            break
    return np.asarray(parameters, dtype=np.float64)


def log_odds(probabilities: Sequence[float]) -> Numbers:
    """Return log(p / (1 - p)), `[texts]`, fp64; probabilities are clamped to 1e-15 from 0 and 1."""
    chances = np.clip(np.asarray(probabilities, dtype=np.float64), _CERTAIN, 1 - _CERTAIN)
    return np.asarray(np.log(chances) - np.log1p(-chances), dtype=np.float64)


def sigmoid(odds: Numbers) -> Numbers:
    """Return the probabilities, `[texts]`, fp64, of log-odds of any size."""
    return np.asarray(np.exp(-np.logaddexp(0, -odds)), dtype=np.float64)


def prevalence_weights(labels: Sequence[int], prevalence: float | None) -> Numbers:
    """Return the weight of each text, so that positives have the share `prevalence`; each positive weighs 1.

    Args:
        labels: 1 or 0 for each text.
        prevalence: in (0, 1); None is the share in the labels, with which each text weighs 1.

    Returns:
        `[texts]`, fp64.

    Raises:
        ValueError: a class is missing, or the prevalence lies outside (0, 1).
    """
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives or not (prevalence is None or 0 < prevalence < 1):
        raise ValueError("a threshold needs positives, negatives and a prevalence between 0 and 1")
    share = positives / len(labels) if prevalence is None else prevalence
    weight = positives * (1 - share) / share / negatives
    return np.where(np.asarray(labels) == 1, 1.0, weight)
