"""Fit the prior of the gamma-Poisson shrinker to the pairs of a window, by maximum likelihood.

Many pairs are squashed first: pairs with one count and nearly the same expected cases become one point with a
weight (after W. DuMouchel and D. Pregibon: Empirical Bayes screening for multi-item associations. KDD 2001).
The likelihood has several maxima, so the search starts from several priors and goes on from the best of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from scipy.special import digamma, expit, log_expit, logit

from monitor.signals.disproportionality import Numbers
from monitor.signals.gamma_poisson import GammaMixture, log_marginals

PUBLISHED_PRIOR: Final = GammaMixture(shape1=0.2041, rate1=0.05816, shape2=1.415, rate2=1.838, weight=0.0969)
"""The prior that DuMouchel (1999) fitted to spontaneous reports. It stands in where none can be fitted."""
LEAST_PAIRS: Final = 50
"""Pairs that a fit of five parameters needs at least."""
SQUASHED_FROM: Final = 2_000
"""Pairs from which they are squashed."""
BIN_WIDTH: Final = 0.1
"""Width of a bin of ln E for a count of 1. It shrinks with the square root of the count."""
STARTS: Final = (
    (0.2, 2.0, 0.1, 4.0, 1 / 3),  # DuMouchel's
    (0.2041, 1.415, 0.05816, 1.838, 0.0969),
    (2.0, 2.0, 0.5, 2.0, 0.1),
    (0.5, 10.0, 0.5, 10.0, 0.3),
)
"""First guesses (α1, α2, β1, β2, P)."""
BOUNDS: Final = [(-3.0, 7.0)] * 2 + [(-7.0, 7.0)] * 2 + [(-12.0, 12.0)]
"""Ranges of ln α1, ln α2, ln β1, ln β2 and logit P. Shapes are from about 0.05 to 1,000, rates from 0.001.

Counts of at least 1 do not show how many pairs have a ratio near 0. A smaller shape would state that."""
ROUGH_STEPS: Final = 50
MOST_STEPS_OF_FIT: Final = 1_000
FLAT: Final = 1e-4
"""Slope of the mean log likelihood below which a point is taken for a maximum."""


@dataclass(frozen=True, slots=True, eq=False)
class WeightedCounts:
    """Points of the likelihood.

    Attributes:
        observed: [points] cases.
        expected: [points] expected cases, above 0.
        weights: [points] how many pairs each point stands for.
    """

    observed: Numbers
    expected: Numbers
    weights: Numbers


def fit_prior(observed: Numbers, expected: Numbers, *, zeros: bool = False) -> GammaMixture:
    """Return the prior that makes the counts most likely; its first part has the larger mean.

    Args:
        observed: [pairs] cases of each pair.
        expected: [pairs] expected cases.
        zeros: True if the pairs are the whole table, with the pairs that have no case. By default, pairs with
            less than one case are left out, and the likelihood is that of counts of at least 1.

    Fewer than 50 pairs do not determine five parameters. Then, and if no maximum is reached, the result is
    `PUBLISHED_PRIOR` with the reason as its `fallback`. Two parts that come out alike are a valid prior.
    """
    usable = (expected > 0) & (observed >= (0 if zeros else 1))
    pairs = int(usable.sum())
    if pairs < LEAST_PAIRS:
        reason = f"{pairs} pairs have cases, and a prior needs {LEAST_PAIRS}"
        return replace(PUBLISHED_PRIOR, fallback=reason)
    points = _squash(observed[usable], expected[usable])
    guesses = [np.append(np.log(start[:4]), logit(start[4])) for start in STARTS]
    rough = [_search(guess, points, not zeros, ROUGH_STEPS) for guess in guesses]
    best = _search(min(rough, key=lambda result: result.fun).x, points, not zeros, MOST_STEPS_OF_FIT)
    if not _is_flat(best.x, best.jac):
        return replace(PUBLISHED_PRIOR, fallback=f"the likelihood of {pairs} pairs reached no maximum")
    return _ordered(best.x)


def _search(start: Numbers, points: WeightedCounts, truncated: bool, steps: int) -> OptimizeResult:
    return minimize(
        _loss,
        start,
        args=(points, truncated),
        jac=True,
        method="L-BFGS-B",
        bounds=BOUNDS,
        options={"maxiter": steps, "ftol": 1e-14, "gtol": 1e-7},
    )


def _squash(observed: Numbers, expected: Numbers) -> WeightedCounts:
    """Return few points that stand for many pairs; few pairs stay as they are."""
    if len(observed) < SQUASHED_FROM:
        return WeightedCounts(observed, expected, np.ones_like(observed))
    bins = np.floor(np.log(expected) * np.sqrt(np.maximum(observed, 1)) / BIN_WIDTH)
    order = np.lexsort((bins, observed))
    changes = (np.diff(observed[order]) != 0) | (np.diff(bins[order]) != 0)
    starts = np.concatenate(([0], np.flatnonzero(changes) + 1))
    weights = np.diff(np.append(starts, len(order))).astype(np.float64)
    sums = np.add.reduceat(expected[order], starts)
    return WeightedCounts(observed[order][starts], sums / weights, weights)


def _loss(parameters: Numbers, points: WeightedCounts, truncated: bool) -> tuple[float, Numbers]:
    """Return the mean negative log likelihood, and its gradient by the five parameters.

    The likelihood of a count is P f1 + (1 - P) f2 (DuMouchel 1999). If it is truncated, it is
    divided by the probability of at least one case, P (1 - q1) + (1 - P)(1 - q2), where q are the
    probabilities of none.
    """
    shapes, rates = np.exp(parameters[:2])[:, None], np.exp(parameters[2:4])[:, None]
    log_parts = log_expit(np.array([[parameters[4]], [-parameters[4]]]))
    share = 1 / points.weights.sum()
    joint = log_parts + log_marginals(points.observed, points.expected, shapes, rates)
    log_likelihood = np.logaddexp(joint[0], joint[1])
    parts = points.weights * np.exp(joint - log_likelihood)
    by_shape = digamma(shapes + points.observed) - digamma(shapes) - np.log1p(points.expected / rates)
    by_rate = shapes / rates - (shapes + points.observed) / (rates + points.expected)
    loss = -float(points.weights @ log_likelihood)
    slopes = [-(parts * by_shape).sum(axis=1) * shapes[:, 0], -(parts * by_rate).sum(axis=1) * rates[:, 0]]
    gradient = np.append(np.concatenate(slopes), expit(parameters[4]) / share - parts[0].sum())
    if truncated:
        truncation, truncation_gradient = _truncation(points, shapes, rates, np.exp(log_parts))
        loss, gradient = loss + truncation, gradient + truncation_gradient
    return loss * share, gradient * share


def _truncation(
    points: WeightedCounts, shapes: Numbers, rates: Numbers, parts: Numbers
) -> tuple[float, Numbers]:
    """Return the sum of the log probabilities of at least one case, and its gradient.

    Args:
        points: the counts.
        shapes: [2, 1] α of both parts.
        rates: [2, 1] β of both parts.
        parts: [2, 1] P and 1 - P.
    """
    log_none = -shapes * np.log1p(points.expected / rates)
    some = -np.expm1(log_none)
    probability = (parts * some).sum(axis=0)
    scale = points.weights / probability
    changes = -parts * np.exp(log_none) * scale
    gradient = [
        (changes * log_none).sum(axis=1),
        (changes * shapes * points.expected / (rates + points.expected)).sum(axis=1),
        [np.prod(parts) * float(scale @ (some[0] - some[1]))],
    ]
    return float(points.weights @ np.log(probability)), np.concatenate(gradient)


def _is_flat(parameters: Numbers, gradient: Numbers) -> bool:
    """Return True if no parameter can move within its range to a notably higher likelihood."""
    low, high = np.array(BOUNDS).T
    blocked = ((parameters <= low) & (gradient > 0)) | ((parameters >= high) & (gradient < 0))
    return bool(np.abs(gradient[~blocked]).max(initial=0.0) < FLAT)


def _ordered(parameters: Numbers) -> GammaMixture:
    """Return the prior with the part of the larger mean first: the likelihood is the same either way."""
    shape1, shape2, rate1, rate2 = (float(number) for number in np.exp(parameters[:4]))
    weight = float(expit(parameters[4]))
    if shape1 / rate1 >= shape2 / rate2:
        return GammaMixture(shape1, rate1, shape2, rate2, weight)
    return GammaMixture(shape2, rate2, shape1, rate1, 1 - weight)
