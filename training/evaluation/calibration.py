"""Temperature and bias that make the Classifier's probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.errors import RunError

Numbers = NDArray[np.float64]

_NEWTON_STEPS = 100
_HALVINGS = 40
_LEAST_SLOPE = 1e-3  # a temperature of 1,000: all probabilities the same


def log_odds(probabilities: Sequence[float]) -> Numbers:
    """Give log(p / (1 - p)), `[texts]`, fp64; certainty is cut at one in 10^15."""
    chances = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-15, 1 - 1e-15)
    return np.asarray(np.log(chances) - np.log1p(-chances), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Fit:
    """Calibrated log-odds = log-odds / temperature + bias.

    Attributes:
        temperature: more than 0.
        bias: 0 where it was not wanted.
    """

    temperature: float
    bias: float

    def probabilities(self, odds: Numbers) -> list[float]:
        """Give calibrated probabilities, `[texts]`, of log-odds."""
        return [float(value) for value in _sigmoid(odds / self.temperature + self.bias)]


def fit(odds: Numbers, labels: Sequence[int], *, bias: bool, prevalence: float | None = None) -> Fit:
    """Find the temperature (Guo et al. 2017), and a bias, with the least negative log-likelihood.

    Newton's method with step halving. The targets are a little inside of 0 and 1 (Platt 1999), so that
    there is an optimum where the classes lie apart.

    Args:
        odds: log-odds of ADE, `[texts]`, not calibrated.
        labels: 1 or 0 for each.
        bias: whether one is wanted; class weights in training shift all log-odds, which it takes back.
        prevalence: the negatives are weighted to it, as in `operating_points`.

    Raises:
        ValueError: a class is missing, or the prevalence lies outside (0, 1).
        RunError: positives do not have the higher probabilities.
    """
    weights = prevalence_weights(labels, prevalence)
    truth = np.asarray(labels, dtype=np.float64)
    positives = truth.sum()
    targets = np.where(truth == 1, (positives + 1) / (positives + 2), 1 / (len(truth) - positives + 2))
    columns = np.stack([odds, np.ones_like(odds)]) if bias else odds[np.newaxis]
    found = np.zeros(len(columns))
    loss = _loss(found, columns, targets, weights)
    for _ in range(_NEWTON_STEPS):
        chances = _sigmoid(found @ columns)
        gradient = columns @ (weights * (chances - targets))
        curvature = (columns * (weights * chances * (1 - chances))) @ columns.T
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(columns)), gradient)
        for halving in range(_HALVINGS):
            moved = found - step / 2**halving
            lower = _loss(moved, columns, targets, weights)
            if lower < loss:
                break
        else:
            break
        done = loss - lower < 1e-12 * loss
        found, loss = moved, lower
        if done:
            break
    if found[0] < _LEAST_SLOPE:
        raise RunError(
            "positive texts do not get higher probabilities than negative ones, so that no temperature "
            "helps: check that the labels are right, or train the bundle longer"
        )
    return Fit(float(1 / found[0]), float(found[1]) if bias else 0.0)


def _loss(found: Numbers, columns: Numbers, targets: Numbers, weights: Numbers) -> float:
    odds = found @ columns
    return float((weights * (np.logaddexp(0, odds) - targets * odds)).sum())


def _sigmoid(odds: Numbers) -> Numbers:
    return np.asarray(np.exp(-np.logaddexp(0, -odds)), dtype=np.float64)


def prevalence_weights(labels: Sequence[int], prevalence: float | None) -> Numbers:
    """Weigh each text so that positives have the wanted share; each positive weighs 1.

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
