"""Consensus: which methods call a pair a signal, by thresholds that the field has published.

The methods use the same counts and mostly agree for pairs with many cases. They differ where cases are few. A
pair that only one of them marks deserves more doubt, but agreement of methods is not evidence of an effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from monitor.signals.disproportionality import Estimates, Numbers, PairCounts, ic, prr, ror, yates
from monitor.signals.gamma_poisson import GammaMixture, ebgm

Marks = npt.NDArray[np.bool_]
"""True for each pair that a method marks."""
METHODS: Final = ("prr", "ror", "ic", "ebgm")
"""The methods that vote, in the order of the columns."""


@dataclass(frozen=True, slots=True, eq=False)
class PairMeasures:
    """All measures of many pairs.

    Attributes:
        counts: what they were computed from.
        prr: PRR with its 95% interval.
        ror: ROR with its 95% interval.
        chi_square: [pairs] chi-square with the correction of Yates.
        ic: IC with IC025 and IC975.
        ebgm: EBGM with EB05 and EB95.
    """

    counts: PairCounts
    prr: Estimates
    ror: Estimates
    chi_square: Numbers
    ic: Estimates
    ebgm: Estimates


@dataclass(frozen=True, slots=True)
class Criteria:
    """Thresholds of the methods. The defaults are the published ones.

    Attributes:
        cases: least cases of a pair, for all methods (Evans 2001 asks for 3).
        prr: least PRR, together with `chi_square` (Evans, Waller and Davis 2001).
        chi_square: least chi-square with the correction of Yates (Evans, Waller and Davis 2001).
        ror_low: bound that the lower end of the 95% interval of ROR must exceed (van Puijenbroek 2002).
        ic_low: bound that IC025 must exceed (Bate 1998; Norén 2013).
        eb05: least EB05 (Szarfman, Machado and O'Neill 2002).
        methods: least number of methods that must mark a pair for a consensus; a choice of this project.

    Raises:
        ValueError: if the numbers of cases or methods make no sense.
    """

    cases: float = 3
    prr: float = 2.0
    chi_square: float = 4.0
    ror_low: float = 1.0
    ic_low: float = 0.0
    eb05: float = 2.0
    methods: int = 3

    def __post_init__(self) -> None:
        if not self.cases > 0 or not 1 <= self.methods <= len(METHODS):
            raise ValueError(f"{self}: cases must be above 0, and methods from 1 to {len(METHODS)}")


@dataclass(frozen=True, slots=True, eq=False)
class Consensus:
    """Which methods mark which pairs.

    Attributes:
        prr: [pairs] PRR and chi-square reach their thresholds.
        ror: [pairs] the interval of ROR lies above its bound.
        ic: [pairs] IC025 lies above its bound.
        ebgm: [pairs] EB05 reaches its threshold.
        reached: [pairs] at least `Criteria.methods` of them mark the pair.
    """

    prr: Marks
    ror: Marks
    ic: Marks
    ebgm: Marks
    reached: Marks

    @property
    def votes(self) -> npt.NDArray[np.int64]:
        """Return how many methods [pairs] mark each pair, from 0 to 4."""
        return _votes(self.prr, self.ror, self.ic, self.ebgm)


def measure_pairs(counts: PairCounts, prior: GammaMixture) -> PairMeasures:
    """Return all measures of the pairs; `prior` is fitted to all pairs of the window, not only to these."""
    return PairMeasures(counts, prr(counts), ror(counts), yates(counts), ic(counts), ebgm(counts, prior))


def consensus(measures: PairMeasures, criteria: Criteria | None = None) -> Consensus:
    """Return the methods that mark each pair. None of them marks a pair with too few cases.

    A comparison with nan is false, so an undefined measure never marks a pair. If only this drug has the
    event, PRR is infinite and can mark the pair; the interval of ROR is unknown and cannot.
    """
    criteria = criteria or Criteria()
    enough = measures.counts.both >= criteria.cases
    by_prr = enough & (measures.prr.estimate >= criteria.prr) & (measures.chi_square >= criteria.chi_square)
    by_ror = enough & (measures.ror.low > criteria.ror_low)
    by_ic = enough & (measures.ic.low > criteria.ic_low)
    by_ebgm = enough & (measures.ebgm.low >= criteria.eb05)
    reached = _votes(by_prr, by_ror, by_ic, by_ebgm) >= criteria.methods
    return Consensus(by_prr, by_ror, by_ic, by_ebgm, reached)


def _votes(*marks: Marks) -> npt.NDArray[np.int64]:
    votes: npt.NDArray[np.int64] = np.sum(marks, axis=0, dtype=np.int64)
    return votes
