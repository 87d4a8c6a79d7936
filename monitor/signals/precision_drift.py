"""Whether the model has become less precise: recent verdicts on flagged posts, compared with earlier ones.

The test is exact. If precision did not change, the number of true posts among the recent verdicts of a band
is beta-binomial, given the verdicts of the reference weeks. The p-value is the predictive one of Box (1980,
JRSS A 143:383-430), with the prior of Jeffreys. The numbers of the bands add up, so their distributions are
convolved. A change in which bands are sampled is not mistaken for drift, since each band is compared with
itself.

The test accounts for a small reference, too. `python -m benchmarks.signals.drift_case` measures the share of
false alarms: it stays at or below `alpha`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import betabinom

from monitor.signals.rate_posterior import Floats
from monitor.signals.verdict_strata import StratumVerdicts

ALPHA: Final = 0.01
"""False alarms per comparison, at most: about one in two years of weekly comparisons."""
_JEFFREYS: Final = 0.5


@dataclass(frozen=True, slots=True)
class PrecisionDrift:
    """The result of one comparison.

    Attributes:
        reviewed: recent verdicts on flagged posts that could be compared.
        positives: true posts among them.
        expected: true posts that are expected from the reference weeks.
        p_value: probability of at most `positives`, if precision did not change.
        dropped: True if `p_value` is at most `alpha`.
    """

    reviewed: int
    positives: int
    expected: float
    p_value: float
    dropped: bool


def precision_drift(
    reference: Iterable[StratumVerdicts], recent: Iterable[StratumVerdicts], *, alpha: float = ALPHA
) -> PrecisionDrift:
    """Compare recent verdicts with those of the reference weeks.

    For a sudden drop, `recent` is the last week. For a slow one, it is the last four weeks or more. Keep the
    reference fixed, and let it end before `recent` begins. Strata are joined by band, so several entries of
    one stratum are allowed. Negatives and bands without a reference are left out.

    Raises:
        ValueError: if `alpha` is not between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}: it must be between 0 and 1")
    earlier, now = _by_band(reference), _by_band(recent)
    bands = sorted(band for band in now if earlier.get(band, (0, 0))[1])
    distribution: Floats = np.ones(1)
    expected = 0.0
    for band in bands:
        positives, sampled = earlier[band]
        first, second = positives + _JEFFREYS, sampled - positives + _JEFFREYS
        reviewed = now[band][1]
        distribution = np.convolve(
            distribution, betabinom.pmf(np.arange(reviewed + 1), reviewed, first, second)
        )
        expected += reviewed * first / (first + second)
    positives = sum(now[band][0] for band in bands)
    reviewed = sum(now[band][1] for band in bands)
    p_value = min(1.0, float(distribution[: positives + 1].sum()))
    return PrecisionDrift(reviewed, positives, expected, p_value, dropped=p_value <= alpha)


def _by_band(strata: Iterable[StratumVerdicts]) -> dict[str, tuple[int, int]]:
    """Return the positives and the verdicts of the flagged strata of each band."""
    counts: dict[str, tuple[int, int]] = {}
    for entry in strata:
        if entry.stratum.flagged:
            positives, sampled = counts.get(entry.stratum.band, (0, 0))
            counts[entry.stratum.band] = positives + entry.positives, sampled + entry.sampled
    return counts
