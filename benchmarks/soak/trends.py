"""Whether a quantity grows: the first third against the last, and the slope with its interval.

Neighbouring samples depend on each other, so an interval from all of them would be too narrow. The slope is
therefore fitted to the means of a few blocks of samples, with Student's distribution for their number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy import stats

BLOCKS: Final = 12
"""Parts of the run, whose means the slope is fitted to."""

FEWEST: Final = 2
"""Samples that a block needs."""

CONFIDENCE: Final = 0.95

Verdict = Literal["flat", "grows", "falls", "not clear"]


@dataclass(frozen=True)
class Trend:
    """How a quantity developed.

    Attributes:
        first_third: median of the first third of the samples.
        last_third: median of the last third.
        slope: change for one unit of the positions; NaN if there are too few samples.
        low: lower end of the slope's interval; -inf if there are too few samples.
        high: upper end.
        limit: largest slope, in both directions, that counts as flat.
        step: smallest change that shows. Growth below one step in the whole run cannot be seen, so the
            interval is at least that wide.
        once: change of the thirds that is not growth yet, because a pool may open its connections late.
    """

    first_third: float
    last_third: float
    slope: float
    low: float
    high: float
    limit: float
    step: float = 0.0
    once: float = 0.0

    @property
    def verdict(self) -> Verdict:
        """What the interval shows.

        "flat" needs all of the interval within the limit. "grows" needs a slope beyond the limit, an interval
        without 0, and thirds that differ by more than `step` and `once`. Everything else is not clear.
        """
        if -self.limit <= self.low and self.high <= self.limit:
            return "flat"
        change = self.last_third - self.first_third
        least = max(self.step, self.once)
        if self.low > 0 and self.slope > self.limit and change > least:
            return "grows"
        if self.high < 0 and self.slope < -self.limit and change < -least:
            return "falls"
        return "not clear"


def find_trend(
    positions: Sequence[float],
    values: Sequence[float],
    limit: float,
    step: float = 0.0,
    once: float = 0.0,
) -> Trend:
    """Return the trend of a quantity.

    Args:
        positions: of the samples, ascending, such as hours.
        values: the samples.
        limit: see `Trend`.
        step: see `Trend`.
        once: see `Trend`.

    Raises:
        ValueError: there is no sample.
    """
    if not values:
        raise ValueError("a trend needs samples")
    places, levels = np.asarray(positions, dtype=float), np.asarray(values, dtype=float)
    third = max(1, len(levels) // 3)
    ends = float(np.median(levels[:third])), float(np.median(levels[-third:]))
    if len(levels) < FEWEST * BLOCKS or places[-1] <= places[0]:
        return Trend(*ends, float("nan"), float("-inf"), float("inf"), limit, step, once)
    middles = np.array([part.mean() for part in np.array_split(places, BLOCKS)])
    means = np.array([part.mean() for part in np.array_split(levels, BLOCKS)])
    # Not scipy's linregress: for a constant, its error is not a number.
    offsets = middles - middles.mean()
    spread = float(offsets @ offsets)
    slope = float(offsets @ (means - means.mean())) / spread
    residuals = means - means.mean() - slope * offsets
    error = math.sqrt(float(residuals @ residuals) / (BLOCKS - 2) / spread)
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, BLOCKS - 2)) * error
    reach = max(reach, step / float(places[-1] - places[0]))
    return Trend(*ends, slope, slope - reach, slope + reach, limit, step, once)
