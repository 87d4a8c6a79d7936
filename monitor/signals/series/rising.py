"""Rising pairs: pairs with more cases per mention in recent weeks than in the weeks before.

Given all cases of a pair, those of the recent weeks are binomial with the share of the mentions in these
weeks. So the test and the interval of the ratio are exact (Przyborowski and Wilenski 1940, Biometrika
31:313-323), with the limits of Clopper and Pearson (1934). Many pairs are tested at once, so p-values are
adjusted (Benjamini and Hochberg). The test takes counts as Poisson. Bursts of a few days raise the ratio as
well. Look at the weekly series before you call it a trend.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, binom

from monitor.signals.multiplicity import benjamini_hochberg

LEAST_CASES: Final = 3
"""Recent cases of a rising pair, at least."""
FALSE_DISCOVERIES: Final = 0.05
"""Expected share of pairs that do not rise among those shown as rising, at most."""
_TAIL: Final = 0.025

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PeriodCounts:
    """Counts of many pairs in two periods, [pairs] each.

    Attributes:
        recent_cases: cases of the pair in the recent weeks.
        recent_mentions: posts that name its drug in these weeks.
        earlier_cases: cases in the weeks before.
        earlier_mentions: posts that name its drug in the weeks before.

    Raises:
        ValueError: if shapes differ or a count is negative.
    """

    recent_cases: Floats
    recent_mentions: Floats
    earlier_cases: Floats
    earlier_mentions: Floats

    def __post_init__(self) -> None:
        arrays = (self.recent_cases, self.recent_mentions, self.earlier_cases, self.earlier_mentions)
        if len({np.shape(array) for array in arrays}) > 1 or np.ndim(self.recent_cases) != 1:
            raise ValueError("the four counts need one number per pair each")
        if any(np.any(np.asarray(array) < 0) for array in arrays):
            raise ValueError("a pair has a negative count")


@dataclass(frozen=True, slots=True, eq=False)
class RateRatios:
    """Recent rate by earlier rate, [pairs] each.

    Attributes:
        ratio: cases per mention now by those before; infinite without an earlier case, nan where it has no
            value.
        low: lower end of its exact 95% interval.
        high: upper end.
        p_values: probability of as many recent cases or more, if the rate did not change.
        adjusted: the same after Benjamini and Hochberg.
        rising: True for the pairs to show: `adjusted` is at most `FALSE_DISCOVERIES`, with at least
            `LEAST_CASES` recent cases.
    """

    ratio: Floats
    low: Floats
    high: Floats
    p_values: Floats
    adjusted: Floats
    rising: NDArray[np.bool_]


def compare_periods(counts: PeriodCounts) -> RateRatios:
    """Return how the rates of the pairs changed; a drug without mentions in a period has no ratio and p 1."""
    recent = np.asarray(counts.recent_cases, dtype=np.float64)
    total = recent + counts.earlier_cases
    now = np.asarray(counts.recent_mentions, dtype=np.float64)
    before = np.asarray(counts.earlier_mentions, dtype=np.float64)
    known = (now > 0) & (before > 0)
    share = np.where(known, now / np.where(known, now + before, 1), 0.5)
    p_values = np.where(known, binom.sf(recent - 1, total, share), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = before / now
        ratio = np.where(known, recent / counts.earlier_cases * odds, np.nan)
        low = np.where(recent > 0, beta.ppf(_TAIL, recent, total - recent + 1), 0.0)
        high = np.where(recent < total, beta.ppf(1 - _TAIL, recent + 1, total - recent), 1.0)
        low, high = (np.where(known, limit / (1 - limit) * odds, np.nan) for limit in (low, high))
    adjusted = benjamini_hochberg(p_values)
    rising = (adjusted <= FALSE_DISCOVERIES) & (recent >= LEAST_CASES)
    return RateRatios(ratio, low, high, p_values, adjusted, rising)
