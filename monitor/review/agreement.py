"""How far reviewers agree: Cohen's kappa for two of them, Krippendorff's alpha for all.

No small library with a permissive licence has both, so the published formulas are here, and the tests compare
them with published examples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeVar

import numpy as np

from monitor.store.reviews import ItemVerdicts, ReviewDecision
from monitor.store.reviews.review_records import STATES_AN_EFFECT

Verdicts = Sequence[Mapping[str, str]]
"""For each item, the value that each reviewer gave, by the name of the reviewer."""

RESAMPLES: Final = 1_000
"""Draws of the bootstrap."""

_SEED: Final = 20_260_101
Values = TypeVar("Values", bound=Sequence[str])


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient of agreement.

    Attributes:
        coefficient: "kappa" or "alpha".
        about: "label" (is there an effect?) or "verdict" (all verdicts as they are).
        reviewers: logins of the two reviewers; empty for all of them.
        items: number of items with several verdicts.
        agreed: share of the pairs of verdicts that are equal; None without items.
        value: the coefficient; None if it is undefined: no items, or everybody always said the same.
        low: lower end of the 95% interval, or None.
        high: its upper end, or None.
    """

    coefficient: str
    about: str
    reviewers: tuple[str, ...]
    items: int
    agreed: float | None
    value: float | None
    low: float | None
    high: float | None


def reviewers_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return kappa = (p_o - p_e) / (1 - p_e) of two reviewers (Cohen 1960); None if it is undefined.

    p_o is the share of items on which both agree, and p_e the share that is expected of two independent
    reviewers with the same frequencies of values.

    Args:
        pairs: the values of both for each item.
    """
    count = len(pairs)
    if not count:
        return None
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(a == b for a, b in pairs) / count
    expected = sum(first[value] * second[value] for value in first) / count**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def krippendorffs_alpha(units: Sequence[Sequence[str]]) -> float | None:
    """Return Krippendorff's alpha of nominal values (2011, Computing Krippendorff's Alpha-Reliability).

    Each unit has any number of values, and those with less than two count nothing. Of the m_u values in unit
    u, n_uc are c. The coincidences are o_cc = sum over u of n_uc (n_uc - 1) / (m_u - 1), and n_c = sum over u
    of n_uc. Then alpha = ((n - 1) sum o_cc - sum n_c (n_c - 1)) / (n (n - 1) - sum n_c (n_c - 1)). It is None
    if it is undefined, because there are no two different values.

    Args:
        units: the values that reviewers gave, for each item.
    """
    counts = [Counter(unit) for unit in units if len(unit) > 1]
    total: Counter[str] = Counter()
    coincidences = 0.0
    for unit in counts:
        total.update(unit)
        coincidences += sum(n * (n - 1) for n in unit.values()) / (unit.total() - 1)
    n = total.total()
    expected = sum(count * (count - 1) for count in total.values())
    if n == 0 or expected == n * (n - 1):
        return None
    return ((n - 1) * coincidences - expected) / (n * (n - 1) - expected)


def measure_reviewers(items: Sequence[ItemVerdicts]) -> list[Agreement]:
    """Return alpha of all reviewers, and kappa of every two with common items, of labels and of verdicts.

    The 95% intervals are percentiles of a bootstrap of the items.
    """
    results = []
    for about, verdicts in (("label", _labels(items)), ("verdict", _decisions(items))):
        units = [tuple(each.values()) for each in verdicts if len(each) > 1]
        results.append(_measure("alpha", about, (), units, krippendorffs_alpha))
        names = sorted({name for each in verdicts for name in each})
        for first, second in combinations(names, 2):
            pairs = [(each[first], each[second]) for each in verdicts if first in each and second in each]
            if pairs:
                results.append(_measure("kappa", about, (first, second), pairs, reviewers_kappa))
    return results


def _measure(
    coefficient: str,
    about: str,
    reviewers: tuple[str, ...],
    units: Sequence[Values],
    measure: Callable[[Sequence[Values]], float | None],
) -> Agreement:
    random = np.random.default_rng(_SEED)
    values = [
        value
        for _ in range(RESAMPLES if units else 0)
        if (value := measure([units[i] for i in random.integers(len(units), size=len(units))])) is not None
    ]
    low, high = (float(end) for end in np.quantile(values, [0.025, 0.975])) if values else (None, None)
    return Agreement(coefficient, about, reviewers, len(units), _agreed(units), measure(units), low, high)


def _agreed(units: Sequence[Sequence[str]]) -> float | None:
    pairs = [first == second for unit in units for first, second in combinations(unit, 2)]
    return sum(pairs) / len(pairs) if pairs else None


def _labels(items: Sequence[ItemVerdicts]) -> Verdicts:
    """Return whether each reviewer found an effect; who could not tell is left out."""
    return [
        {
            reviewer: _label(decision, item.label)
            for reviewer, decision in item.decisions.items()
            if decision is not ReviewDecision.CANNOT_TELL
        }
        for item in items
    ]


def _label(decision: ReviewDecision, label: str) -> str:
    if decision is ReviewDecision.CORRECT:
        return label
    return "ADE" if decision in STATES_AN_EFFECT else "NoADE"


def _decisions(items: Sequence[ItemVerdicts]) -> Verdicts:
    return [{name: decision.value for name, decision in item.decisions.items()} for item in items]
