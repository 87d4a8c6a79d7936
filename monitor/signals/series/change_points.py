"""Change points: weeks from which on a pair has another rate per mention, up or down.

The rule is binary segmentation (Vostrikova 1981) with a likelihood ratio for Poisson counts. Given the cases
of all weeks, those before a split are binomial with the share of the mentions before it (Hinkley and Hinkley
1970, Biometrika 57:477-488, for a sequence of binomials).

1. For each split that leaves at least two weeks on both sides, compute the likelihood ratio of two rates
   compared with one. The best split is the candidate.
2. Divide the ratio by the dispersion. It is measured between neighbouring weeks, so that a change of the
   level does not count as noise.
3. The p-value is the share of 999 simulated series with one rate that have a split at least as good.
4. If it is at most `ALPHA`, keep the split, and search both sides.

Only whole weeks count. Weeks have no weekday seasonality.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy

from monitor.signals.series.daily_series import DAYS_OF_WEEK, DailySeries, weekly

ALPHA: Final = 0.01
"""Probability of a change where there is none, per search of a series with one rate."""
LEAST_WEEKS: Final = 2
"""Weeks on each side of a change, at least."""
SIMULATIONS: Final = 999

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RateChange:
    """A week in which the rate changes.

    Attributes:
        monday: first day of the first week with the new rate.
        rate_before: cases per mention from the change before (or the start) to this one.
        rate_after: cases per mention from this change to the next one (or the end).
        p_value: of this split among those of its segment.
    """

    monday: date
    rate_before: float
    rate_after: float
    p_value: float


def find_changes(series: DailySeries, *, alpha: float = ALPHA, seed: int = 0) -> list[RateChange]:
    """Return the changes of the rate, in order of time.

    Weeks without mentions are left out. The same series and seed give the same changes.

    Raises:
        ValueError: if `alpha` is not between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}: it must be between 0 and 1")
    weeks = [week for week in weekly(series) if week.days == DAYS_OF_WEEK and week.mentions]
    cases = np.array([week.cases for week in weeks], dtype=np.int64)
    mentions = np.array([week.mentions for week in weeks], dtype=np.float64)
    splits = dict(_split(cases, mentions, 0, alpha, np.random.default_rng(seed)))
    edges = [0, *sorted(splits), len(weeks)]
    return [
        RateChange(
            monday=weeks[split].monday,
            rate_before=float(cases[before:split].sum() / mentions[before:split].sum()),
            rate_after=float(cases[split:after].sum() / mentions[split:after].sum()),
            p_value=splits[split],
        )
        for before, split, after in zip(edges, edges[1:], edges[2:], strict=False)
    ]


def _split(
    cases: Integers, mentions: Floats, offset: int, alpha: float, random: np.random.Generator
) -> list[tuple[int, float]]:
    """Return the splits of a segment and their p-values; `offset` is the position of its first week."""
    total = int(cases.sum())
    if len(cases) < 2 * LEAST_WEEKS or not total:
        return []
    ratios = _likelihood_ratios(cases[None, :], mentions)[0]
    best = int(np.argmax(ratios))
    simulated = random.multinomial(total, mentions / mentions.sum(), SIMULATIONS)
    highest = _likelihood_ratios(simulated, mentions).max(axis=1)
    # The slack keeps ties, which are frequent among few cases, from depending on rounding.
    at_least = int((highest >= ratios[best] / _dispersion(cases, mentions) - 1e-9).sum())
    p_value = (at_least + 1) / (SIMULATIONS + 1)
    if p_value > alpha:
        return []
    split = best + LEAST_WEEKS
    return [
        (offset + split, p_value),
        *_split(cases[:split], mentions[:split], offset, alpha, random),
        *_split(cases[split:], mentions[split:], offset + split, alpha, random),
    ]


def _likelihood_ratios(cases: Integers, mentions: Floats) -> Floats:
    """Return twice the log likelihood ratio of each split: [series, splits] for cases [series, weeks]."""
    before = np.cumsum(cases, axis=1)[:, LEAST_WEEKS - 1 : cases.shape[1] - LEAST_WEEKS]
    total = cases.sum(axis=1, keepdims=True)
    share = np.cumsum(mentions)[LEAST_WEEKS - 1 : cases.shape[1] - LEAST_WEEKS] / mentions.sum()
    after = total - before
    ratios = xlogy(before, before / (total * share)) + xlogy(after, after / (total * (1 - share)))
    return np.asarray(2 * ratios, dtype=np.float64)


def _dispersion(cases: Integers, mentions: Floats) -> float:
    """Return the mean squared standardized difference between neighbouring weeks, at least 1."""
    sums = cases[1:] + cases[:-1]
    shares = mentions[1:] / (mentions[1:] + mentions[:-1])
    variances = sums * shares * (1 - shares)
    counted = variances > 0
    squares = (cases[1:] - sums * shares)[counted] ** 2 / variances[counted]
    return max(1.0, float(squares.mean()))
