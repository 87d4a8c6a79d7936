"""EBGM: the gamma-Poisson shrinker of DuMouchel (1999), for many pairs at once.

The cases of a pair follow a Poisson distribution with mean λE, where E are the expected cases. The ratios λ
of all pairs come from one prior, a mixture of two gamma distributions. `prior_fitting` fits it to the pairs
by maximum likelihood. EBGM is the geometric mean of a pair's posterior. It is close to the observed ratio if
the pair has many cases, and close to the prior if it has few.

W. DuMouchel: Bayesian data mining in large frequency tables, with an application to the FDA spontaneous
reporting system. The American Statistician 53 (1999), 177-190.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, expit, gammainc, gammaincinv, gammaln, logit

from monitor.signals.disproportionality import Estimates, Numbers, PairCounts

LEAST_RATIO: Final = 1e-300
"""A quantile below it is 0. This happens only to pairs without a case."""
LOG_TOLERANCE: Final = 1e-9
"""Relative error of a quantile."""
MOST_STEPS: Final = 100
"""Steps for a quantile. Bisection alone needs about 60."""


@dataclass(frozen=True, slots=True)
class GammaMixture:
    """The prior of the ratios: a mixture of two gamma distributions.

    Attributes:
        shape1: shape of the first gamma distribution (α1).
        rate1: rate of the first, 1 / scale (β1). Its mean ratio is shape / rate.
        shape2: shape of the second (α2).
        rate2: rate of the second (β2).
        weight: probability of the first (P).
        fallback: why this prior was not fitted to the data; None if it was.

    Raises:
        ValueError: if a shape or a rate is not above 0, or the weight is outside 0 to 1.
    """

    shape1: float
    rate1: float
    shape2: float
    rate2: float
    weight: float
    fallback: str | None = None

    def __post_init__(self) -> None:
        numbers = (self.shape1, self.rate1, self.shape2, self.rate2)
        if not all(0 < number < np.inf for number in numbers) or not 0 <= self.weight <= 1:
            raise ValueError(f"{self}: shapes and rates must be above 0, the weight from 0 to 1")


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """The posteriors of the ratios of many pairs, each a mixture of two gamma distributions.

    Attributes:
        first: [pairs] probability of the first gamma distribution (Qn in the paper).
        shapes: [2, pairs] their shapes, α + a.
        rates: [2, pairs] their rates, β + E.
    """

    first: Numbers
    shapes: Numbers
    rates: Numbers

    def at(self, index: npt.NDArray[np.intp]) -> Posterior:
        """Return the posteriors of some pairs."""
        return Posterior(self.first[index], self.shapes[:, index], self.rates[:, index])

    def mixed(self, values: Numbers) -> Numbers:
        """Return the mean [pairs] of the values [2, pairs] of both parts."""
        mean: Numbers = self.first * values[0] + (1 - self.first) * values[1]
        return mean

    def distribution(self, log_ratio: Numbers) -> tuple[Numbers, Numbers]:
        """Return the distribution functions [pairs] at ln λ [pairs], and their slopes."""
        scaled = np.exp(log_ratio) * self.rates
        slopes = np.exp(self.shapes * np.log(scaled) - scaled - gammaln(self.shapes))
        return self.mixed(gammainc(self.shapes, scaled)), self.mixed(slopes)


def log_marginals(observed: Numbers, expected: Numbers, shape: Numbers, rate: Numbers) -> Numbers:
    """Return the log probabilities of counts whose ratios follow a gamma distribution.

    They follow a negative binomial distribution. The arrays are broadcast: with shape and rate of [2, 1], the
    result is [2, pairs]. A pair with no expected cases has probabilities that do not depend on the rate.
    """
    share = expected / (rate + expected)
    log_share = np.log(share, out=np.zeros_like(share), where=share > 0)
    coefficient = gammaln(shape + observed) - gammaln(shape) - gammaln(observed + 1)
    log_probabilities: Numbers = coefficient - shape * np.log1p(expected / rate) + observed * log_share
    return log_probabilities


def ebgm(counts: PairCounts, prior: GammaMixture) -> Estimates:
    """Return EBGM with EB05 and EB95 for each pair (DuMouchel 1999).

    EBGM = exp(E[ln λ | a]). EB05 and EB95 are the 5% and 95% quantiles of the posterior of λ. As published,
    the interval between them holds 90%. All are finite. A pair with no expected cases keeps the prior.
    """
    posterior = posterior_of(counts, prior)
    log_means = digamma(posterior.shapes) - np.log(posterior.rates)
    estimate = np.exp(posterior.mixed(log_means))
    return Estimates(estimate, _quantiles(posterior, 0.05), _quantiles(posterior, 0.95))


def posterior_of(counts: PairCounts, prior: GammaMixture) -> Posterior:
    """Return the posterior of the ratios of all pairs."""
    shapes = np.array([[prior.shape1], [prior.shape2]])
    rates = np.array([[prior.rate1], [prior.rate2]])
    likelihoods = log_marginals(counts.both, counts.expected, shapes, rates)
    odds = logit(prior.weight) + likelihoods[0] - likelihoods[1]
    return Posterior(expit(odds), shapes + counts.both, rates + counts.expected)


def _quantiles(posterior: Posterior, probability: float) -> Numbers:
    """Return a quantile [pairs] of each mixture: Newton's method on ln λ, within a bracket.

    The quantile of a mixture lies between the quantiles of its parts. Where a step of Newton's method would
    leave that bracket, bisection replaces it.
    """
    parts = gammaincinv(posterior.shapes, probability) / posterior.rates
    ends = np.log(np.maximum(parts, LEAST_RATIO))
    low, high, root = ends.min(axis=0), ends.max(axis=0), posterior.mixed(ends)
    active = np.flatnonzero(high - low > LOG_TOLERANCE)
    for _ in range(MOST_STEPS):
        if not len(active):
            break
        here = root[active]
        excess, slope = posterior.at(active).distribution(here)
        excess -= probability
        low[active] = np.where(excess < 0, here, low[active])
        high[active] = np.where(excess < 0, high[active], here)
        step = np.divide(excess, slope, out=np.full_like(slope, np.inf), where=slope > 0)
        inside = (here - step >= low[active]) & (here - step <= high[active])
        root[active] = np.where(inside, here - step, (low[active] + high[active]) / 2)
        active = active[np.abs(root[active] - here) > LOG_TOLERANCE]
    return np.where(parts.max(axis=0) < LEAST_RATIO, 0.0, np.exp(root))
