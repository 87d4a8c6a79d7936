"""How sure a share is: the interval of Clopper and Pearson, and what follows for a threshold.

A threshold at one of the positives is an order statistic. The bound holds for it whatever the distribution
is: it is the non-parametric tolerance limit of Wilks (1941).
"""

from __future__ import annotations

import math
from typing import Final

from scipy.stats import beta

CONFIDENCE: Final = 0.95
"""Of the one-sided interval."""


def least_share(kept: int, total: int) -> float:
    """Return the lower end of the one-sided 95% interval of `kept / total` (Clopper and Pearson 1934)."""
    if not kept:
        return 0.0
    return float(beta.ppf(1 - CONFIDENCE, kept, total - kept + 1))


def most_lost(total: int, share: float) -> int | None:
    """Return how many of `total` may be lost so that at least `share` is shown to be kept.

    None if even losing none of them would not show it: there are too few.
    """
    if least_share(total, total) < share:
        return None
    lost = 0
    while lost + 1 < total and least_share(total - lost - 1, total) >= share:
        lost += 1
    return lost


def positives_needed(share: float) -> int:
    """Return how many positives show that `share` is kept if none of them is lost."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(share))
