"""Control of false discoveries: p-values of many pairs, and their adjustment (Benjamini and Hochberg 1995).

Of thousands of pairs, some have a small p-value by chance alone. An adjusted p-value (q) bounds the expected
share of such pairs in the list of all pairs up to it. It says nothing about the reason why a pair is reported
more often than by chance. What people like to write about is such a reason.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln
from scipy.stats import false_discovery_control

from monitor.signals.disproportionality import Numbers, PairCounts

LEAST_SHARE: Final = 1e-17
"""Share of a tail below which its further terms no longer change the sum."""


def p_values(counts: PairCounts) -> Numbers:
    """Return the p-value [pairs] of Fisher's exact test against more cases than expected (one-sided).

    It is the hypergeometric probability of at least `both` cases of the pair, if drug and event are
    independent, and given the cases of the drug, of the event and in all. A pair without a case has 1.
    Unlike chi-square, the test holds for small counts. Counts are whole numbers, so its p-values are larger
    than needed rather than smaller. Corrected counts are rounded first.
    """
    both, drug, event, total = (
        np.rint(numbers) for numbers in (counts.both, counts.drug, counts.event, counts.total)
    )
    # Sum the tail that is away from the expected cases: its terms only become smaller.
    upper = both * total > drug * event
    start = np.where(upper, both, both - 1)
    tail = _tail(start, drug, event, total, np.where(upper, 1, -1))
    return np.clip(np.where(upper, tail, 1 - tail), 0.0, 1.0)


def benjamini_hochberg(p: Numbers, tested: int | None = None) -> Numbers:
    """Return adjusted p-values [pairs], which control the false discovery rate (Benjamini and Hochberg 1995).

    The procedure assumes that tests are independent or positively dependent.

    Args:
        p: [pairs] p-values.
        tested: number of all tests, if `p` leaves out pairs without a case, whose p-value is 1. It is the
            number of drugs times the number of events.

    Raises:
        ValueError: if `tested` is less than the length of `p`.
    """
    if tested is not None and tested < len(p):
        raise ValueError(f"tested is {tested}, but there are {len(p)} p-values: it must be at least as many")
    if not len(p):
        return np.zeros(0)
    adjusted: Numbers = false_discovery_control(p, method="bh")
    # More p-values of 1 only raise the number of tests by which each p-value is multiplied.
    return np.minimum(adjusted * ((tested or len(p)) / len(p)), 1.0)


def _tail(
    start: Numbers, drug: Numbers, event: Numbers, total: Numbers, step: npt.NDArray[np.int64]
) -> Numbers:
    """Return the sums [pairs] of hypergeometric probabilities from `start` on, up (1) or down (-1)."""
    neither = total - drug - event
    term = _probabilities(start, drug, event, total)
    tail = term.copy()
    count = start.copy()
    active = np.flatnonzero(term > 0)
    while len(active):
        # The ratio of neighbours: from k to k + 1, or its inverse.
        k = count[active] + np.minimum(step[active], 0)
        above = (drug[active] - k) * (event[active] - k)
        below = (k + 1) * (neither[active] + k + 1)
        upwards = step[active] > 0
        term[active] *= np.where(upwards, above, below) / np.where(upwards, below, above)
        count[active] += step[active]
        tail[active] += term[active]
        active = active[term[active] > tail[active] * LEAST_SHARE]
    return tail


def _probabilities(count: Numbers, drug: Numbers, event: Numbers, total: Numbers) -> Numbers:
    """Return the hypergeometric probabilities [pairs] of `count` cases; 0 for an impossible count."""
    possible = (count >= np.maximum(0, drug + event - total)) & (count <= np.minimum(drug, event))
    k, m, n, size = (numbers[possible] for numbers in (count, drug, event, total))
    log_probability = _log_choose(m, k) + _log_choose(size - m, n - k) - _log_choose(size, n)
    probabilities = np.zeros_like(count)
    probabilities[possible] = np.exp(log_probability)
    return probabilities


def _log_choose(total: Numbers, part: Numbers) -> Numbers:
    """Return the logarithm of the binomial coefficient."""
    coefficient: Numbers = gammaln(total + 1) - gammaln(part + 1) - gammaln(total - part + 1)
    return coefficient
