"""Draws of the true rates of the strata of one band, given their verdicts.

The model is a beta-binomial hierarchy. Within a band, the rates of strata scatter around the band's mean:
`rate ~ Beta(m k, (1 - m) k)` with mean `m` and `k = s / (m (1 - m))`. So 1/s is about the variance of the
rates' logits. A stratum with few verdicts stays close to its band, and one with many goes its own way.

- `m` has the neutral prior Beta(1/3, 1/3) of Kerman (2011, Electronic Journal of Statistics 5:1450-1470). Its
  posterior has its median near the observed share, also if no positive is seen. The prior of Jeffreys puts
  the misses too high there: a band of negatives has thousands of posts for each verdict.
- `s` is uniform on a log scale from 1 to 64. The rates of strata then differ by a standard deviation of 1 to
  0.125 on the logit scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEUTRAL: Final = 1 / 3
"""Shape of the neutral priors, for shares and for counts."""
_CELLS: Final = 128
_WIDTH: Final = np.pi / 2 / _CELLS
_ANGLES: Final[Floats] = np.linspace(0, np.pi / 2, _CELLS, endpoint=False) + _WIDTH / 2
"""The mean is `sin(angle) ** 2`: cells of equal width are fine enough for rare and for frequent positives."""
_SIMILARITIES: Final[Floats] = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
_TINY: Final = 1e-12
"""Keeps the shapes of beta distributions above zero."""


@dataclass(frozen=True, slots=True, eq=False)
class BandPosterior:
    """Draws of the shapes of a band: `rate ~ Beta(first, second)`.

    Attributes:
        first: `m k` of each draw, [draws].
        second: `(1 - m) k` of each draw, [draws].
    """

    first: Floats
    second: Floats

    def rates(self, positives: Integers, sampled: Integers, random: np.random.Generator) -> Floats:
        """Return draws of the rates of strata with these verdicts: [draws, strata] for [strata]."""
        negatives = sampled - positives
        return random.beta(self.first[:, None] + positives + _TINY, self.second[:, None] + negatives + _TINY)

    def new_rate(self, random: np.random.Generator) -> Floats:
        """Return draws of the rate of a stratum without verdicts, [draws]."""
        return random.beta(self.first + _TINY, self.second + _TINY)


def draw_band(
    positives: Integers, sampled: Integers, draws: int, random: np.random.Generator
) -> BandPosterior:
    """Return draws from the posterior of a band, given the verdicts of its strata ([strata] each)."""
    means = np.sin(_ANGLES)[:, None] ** 2
    sizes = _SIMILARITIES[None, :] / (means * (1 - means))
    first, second = means * sizes, (1 - means) * sizes
    # In angles, the prior Beta(1/2, 1/2) is flat. These factors turn it into the neutral one.
    logs = (NEUTRAL - 0.5) * (np.log(means) + np.log1p(-means)) + np.zeros_like(first)
    for (positive, reviewed), strata in _distinct(positives, sampled):
        if reviewed:
            logs += strata * (betaln(first + positive, second + reviewed - positive) - betaln(first, second))
    weights = np.exp(logs - logs.max()).ravel()
    cumulated = np.cumsum(weights)
    cells = np.searchsorted(cumulated, random.random(draws) * cumulated[-1], side="right")
    rows, columns = np.divmod(np.minimum(cells, weights.size - 1), _SIMILARITIES.size)
    mean = np.sin(_ANGLES[rows] + (random.random(draws) - 0.5) * _WIDTH) ** 2
    size = _SIMILARITIES[columns] / np.maximum(mean * (1 - mean), _TINY)
    return BandPosterior(mean * size, (1 - mean) * size)


def _distinct(positives: Integers, sampled: Integers) -> Any:
    """Return pairs of ((positives, sampled), number of strata that have both)."""
    pairs, strata = np.unique(np.stack([positives, sampled]), axis=1, return_counts=True)
    return zip(pairs.T.tolist(), strata.tolist(), strict=True)
