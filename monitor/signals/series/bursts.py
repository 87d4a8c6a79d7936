"""Bursts: days with more cases per mention than expected from the weeks before.

The rule follows Farrington et al. (1996, JRSS A 159:547-563) with the threshold of Noufaily et al. (2013,
Statistics in Medicine 32:1206-1222): a negative binomial quantile. For each day:

1. The baseline is the 56 days that end 3 days before it. The days between keep the start of a burst out of
   its own baseline. Days far above their own threshold (`OUTLIER`) are left out, too. To leave out all days
   above it would make the noise look smaller than it is.
2. The expected count is the baseline's rate per mention, times the mentions of the day, times the factor of
   its weekday. The factor is (cases + 10) / (expected cases + 10) of that weekday in the baseline, so that
   few cases do not make a weekday special.
3. The dispersion is the upper 90% limit of the baseline's: Pearson's chi-square divided by the 10% quantile
   of the chi-square distribution. It is at least 1.
4. The count is negative binomial with the variance of Farrington's predictions: dispersion × expected, plus
   the variance of the expected count itself.
5. The day is above its threshold if such a count or a higher one has a probability of at most `ALPHA`, and if
   it has at least `LEAST_CASES` cases.

A burst is a run of such days with at most one other day in between. `benchmarks/signals/burst_case.py`
measures false alarms. They stay below `ALPHA` if cases arrive one by one. If they arrive in clusters and a
baseline has only a few, it cannot show how large clusters are, and false alarms are more frequent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc, chdtri

from monitor.signals.series.daily_series import DAYS_OF_WEEK, DailySeries

BASELINE_DAYS: Final = 56
GUARD_DAYS: Final = 2
"""Days between the baseline and the day, as in the C2 method of the Early Aberration Reporting System."""
LEAST_BASELINE_DAYS: Final = 14
"""Without as many days with mentions in the baseline, no burst is found."""
LEAST_CASES: Final = 3
ALPHA: Final = 0.001
"""Probability of a false alarm per day and pair: about one in three years."""
OUTLIER: Final = 0.01
"""Days with a p-value of at most `ALPHA` times this are not in the baselines of later days."""
_DISPERSION_QUANTILE: Final = 0.1
_SHRINKAGE: Final = 10.0
_PRIOR_CASES: Final = 0.5
"""Cases that are added to a baseline, so that one without a case still has a rate."""

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Burst:
    """A run of days with too many cases.

    Attributes:
        first: the first day above its threshold.
        last: the last one.
        cases: from `first` to `last`.
        expected: cases in these days that are expected from the baselines.
        p_value: the smallest of the days: probability of so many cases or more.
    """

    first: date
    last: date
    cases: int
    expected: float
    p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class DayThresholds:
    """What each day was compared with; nan where the baseline is too short.

    Attributes:
        expected: [days] expected cases.
        p_values: [days] probability of as many cases or more.
        above: [days] True where the day is above its threshold.
    """

    expected: Floats
    p_values: Floats
    above: Mask


def find_bursts(series: DailySeries, *, alpha: float = ALPHA) -> list[Burst]:
    """Return the bursts of a series, in order; none if the series is short or has few mentions.

    Raises:
        ValueError: if `alpha` is not between 0 and 1.
    """
    days = compare_days(series, alpha=alpha)
    bursts: list[Burst] = []
    for run in _runs(days.above):
        first, last = run
        stretch = slice(first, last + 1)
        bursts.append(
            Burst(
                first=series.day(first),
                last=series.day(last),
                cases=int(series.cases[stretch].sum()),
                expected=float(days.expected[stretch].sum()),
                p_value=float(days.p_values[stretch].min()),
            )
        )
    return bursts


def compare_days(series: DailySeries, *, alpha: float = ALPHA) -> DayThresholds:
    """Return the expected cases and the p-value of each day, by the rule of this module.

    Raises:
        ValueError: if `alpha` is not between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}: it must be between 0 and 1")
    length, weekdays = len(series), series.weekdays()
    expected, p_values = np.full(length, np.nan), np.full(length, np.nan)
    above = np.zeros(length, dtype=np.bool_)
    for day in range(GUARD_DAYS + LEAST_BASELINE_DAYS, length):
        window = np.arange(max(0, day - GUARD_DAYS - BASELINE_DAYS), day - GUARD_DAYS)
        outliers = p_values[window] <= alpha * OUTLIER
        window = window[~outliers & (series.mentions[window] > 0)]
        if window.size < LEAST_BASELINE_DAYS:
            continue
        expected[day], p_values[day] = _compare(series, weekdays, day, window)
        above[day] = p_values[day] <= alpha and series.cases[day] >= LEAST_CASES
    return DayThresholds(expected, p_values, above)


def _compare(
    series: DailySeries, weekdays: NDArray[np.int64], day: int, window: NDArray[np.int64]
) -> tuple[float, float]:
    """Return the expected cases of a day and the probability of as many as it has, or more."""
    cases, mentions = series.cases[window], series.mentions[window]
    by_rate = mentions * (cases.sum() + _PRIOR_CASES) / mentions.sum()
    factors = _weekday_factors(weekdays[window], cases, by_rate)
    seasonal = mentions * factors[weekdays[window]]
    baseline = cases.sum() + _PRIOR_CASES
    fitted = seasonal * baseline / seasonal.sum()
    pearson = float(((cases - fitted) ** 2 / fitted).sum())
    dispersion = max(1.0, pearson / float(chdtri(window.size - 1, 1 - _DISPERSION_QUANTILE)))
    mean = float(baseline / seasonal.sum() * series.mentions[day] * factors[weekdays[day]])
    if mean == 0:
        # Cases without a mention have no rate.
        return 0.0, 1.0
    # Variance: dispersion * (mean + mean ** 2 / baseline). This is the size of the distribution that has it.
    size = mean / (dispersion - 1 + dispersion * mean / baseline)
    count = int(series.cases[day])
    # The upper tail of the negative binomial; several times faster than that of scipy.stats.
    return mean, float(betainc(count, size, mean / (size + mean))) if count else 1.0


def _weekday_factors(weekdays: NDArray[np.int64], cases: NDArray[np.int64], expected: Floats) -> Floats:
    """Return the factor of each weekday, [7]; 1 where the baseline has no such day."""
    observed = np.bincount(weekdays, weights=cases, minlength=DAYS_OF_WEEK)
    predicted = np.bincount(weekdays, weights=expected, minlength=DAYS_OF_WEEK)
    return (observed + _SHRINKAGE) / (predicted + _SHRINKAGE)


def _runs(above: Mask) -> list[tuple[int, int]]:
    """Return the first and the last day of each run; one day below the threshold does not end a run."""
    runs: list[tuple[int, int]] = []
    for day in np.flatnonzero(above).tolist():
        if runs and day - runs[-1][1] <= 2:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs
