"""Measures of disproportion from counts: PRR, ROR, chi-square and IC, each for many pairs at once.

All of them compare the cases of a pair with what its drug and its event would share by chance:

                 event     other events
    drug           a            b            drug  = a + b
    other drugs    c            d            event = a + c,  total = a + b + c + d

A count of cases cannot prove an effect. These measures rank pairs for people who read the cases.

Cells with no case have defined results and raise no warning. An estimate of 0 or infinity has the interval
0 to infinity, since its variance is unknown. An estimate without a value, such as 0/0, is nan, and so is its
interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

Numbers = npt.NDArray[np.float64]
"""Counts, measures or probabilities."""

NORMAL_QUANTILE: Final = 1.959963984540054
"""The 0.975 quantile of the standard normal distribution, for intervals of 95%."""
SLACK: Final = 1e-6
"""Cases by which corrected counts, which are not whole numbers, may contradict each other."""


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts:
    """Counts of cases for many pairs of a drug and an event. Counts may be corrected, so not whole numbers.

    Attributes:
        both: [pairs] cases of the drug and the event (a).
        drug: [pairs] cases of the drug (a + b).
        event: [pairs] cases of the event (a + c).
        total: [pairs] all cases (a + b + c + d). An array without dimensions stands for all pairs.
        stratified: [pairs] expected cases, if they come from strata (`add_strata`); None otherwise.

    Raises:
        ValueError: if shapes differ, or if counts contradict each other; the message names the first pair.
    """

    both: Numbers
    drug: Numbers
    event: Numbers
    total: Numbers
    stratified: Numbers | None = None

    def __post_init__(self) -> None:
        both = np.atleast_1d(np.asarray(self.both, dtype=np.float64))
        for name in ("both", "drug", "event", "total"):
            counts = np.asarray(getattr(self, name), dtype=np.float64)
            if counts.ndim and counts.shape != both.shape:
                raise ValueError(
                    f"{name} has shape {counts.shape}, and both has {both.shape}: they must be equal"
                )
            object.__setattr__(self, name, np.broadcast_to(counts, both.shape))
        self._refuse_contradictions()

    def _refuse_contradictions(self) -> None:
        b, c, d = self.drug - self.both, self.event - self.both, self._neither
        least = np.minimum(np.minimum(self.both, b), np.minimum(c, d))
        wrong = ~((least >= -SLACK) & (self.total < np.inf))  # true for nan as well
        if wrong.any():
            pair = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"pair {pair}: {self.both[pair]:g} cases of the pair, {self.drug[pair]:g} of the drug, "
                f"{self.event[pair]:g} of the event, {self.total[pair]:g} in all: a count is negative, not a "
                "number, or larger than a count that must contain it"
            )

    def __len__(self) -> int:
        return len(self.both)

    @property
    def cells(self) -> tuple[Numbers, Numbers, Numbers, Numbers]:
        """Return a, b, c and d, each [pairs]."""
        a = np.maximum(self.both, 0.0)
        b, c, d = self.drug - self.both, self.event - self.both, self._neither
        return a, np.maximum(b, 0.0), np.maximum(c, 0.0), np.maximum(d, 0.0)

    @property
    def _neither(self) -> Numbers:
        return self.total - self.drug - self.event + self.both

    @property
    def expected(self) -> Numbers:
        """Return the cases [pairs] that each pair would have if drug and event were independent."""
        if self.stratified is not None:
            return self.stratified
        return _divide(self.drug * self.event, self.total, undefined=0.0)

    def at(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> PairCounts:
        """Return the counts of some pairs, chosen by a mask or by indexes."""
        stratified = None if self.stratified is None else self.stratified[index]
        return PairCounts(
            self.both[index], self.drug[index], self.event[index], self.total[index], stratified
        )


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """One measure of many pairs with its interval.

    Attributes:
        estimate: [pairs] the measure.
        low: [pairs] lower bound of the interval.
        high: [pairs] upper bound of the interval.
    """

    estimate: Numbers
    low: Numbers
    high: Numbers


def add_strata(strata: Sequence[PairCounts]) -> PairCounts:
    """Return the counts of all strata together, with the expected cases added up over the strata.

    Strata are, for example, sources or languages; each holds the same pairs in the same order. The sum of
    expected cases removes disproportion that only comes from differences between strata (Mantel-Haenszel;
    DuMouchel 1999). It acts on IC and EBGM, which read the expected cases. PRR, ROR and chi-square stay
    crude.

    Raises:
        ValueError: without strata, or if they hold different numbers of pairs.
    """
    if not strata or len({len(stratum) for stratum in strata}) != 1:
        raise ValueError("strata must hold the same pairs: pass at least one, all with the same length")
    names = ("both", "drug", "event", "total", "expected")
    return PairCounts(*(reduce(np.add, (getattr(stratum, name) for stratum in strata)) for name in names))


def prr(counts: PairCounts) -> Estimates:
    """Return the proportional reporting ratio [pairs] with its 95% interval (Evans 2001).

    PRR = (a / (a + b)) / (c / (c + d)), interval = exp(ln PRR ± 1.96 s),
    s² = 1/a - 1/(a + b) + 1/c - 1/(c + d).
    Without cases of the pair, PRR is 0. If only this drug has the event (c = 0), it is infinite.
    """
    a, b, c, d = counts.cells
    ratio = _divide(a * (c + d), c * (a + b))
    return _log_interval(ratio, _inverse(a) - _inverse(a + b) + _inverse(c) - _inverse(c + d))


def ror(counts: PairCounts) -> Estimates:
    """Return the reporting odds ratio [pairs] with its 95% interval (van Puijenbroek 2002, after Woolf 1955).

    ROR = ad / (bc), interval = exp(ln ROR ± 1.96 s), s² = 1/a + 1/b + 1/c + 1/d.
    ROR is 0 if a or d is 0, and infinite if b or c is 0.
    """
    a, b, c, d = counts.cells
    return _log_interval(_divide(a * d, b * c), _inverse(a) + _inverse(b) + _inverse(c) + _inverse(d))


def yates(counts: PairCounts) -> Numbers:
    """Return the chi-square statistic [pairs] with one degree of freedom and the correction of Yates (1934).

    total (|ad - bc| - total/2)² / ((a + b)(c + d)(a + c)(b + d)), and 0 where |ad - bc| is below total/2.
    It has no direction: a pair below its expected cases has a large value too. It is nan where a sum of a row
    or column is 0.
    """
    total, drug, event = counts.total, counts.drug, counts.event
    expected = _divide(drug * event, total, undefined=0.0)
    distance = np.maximum(np.abs(counts.both - expected) - 0.5, 0.0)
    variance = drug * event * _divide(total - drug, total) * _divide(total - event, total)
    return _divide(distance**2 * total, variance)


def ic(counts: PairCounts) -> Estimates:
    """Return the information component [pairs] with IC025 and IC975 (Norén, Hopstadius and Bate 2013).

    IC = log2((a + 1/2) / (E + 1/2)), where E are the expected cases. The bounds are log2 of the 0.025 and
    0.975 quantiles of the gamma distribution with shape a + 1/2 and rate E + 1/2. All are finite: the halves
    shrink a pair with few cases towards 0.
    """
    shape, rate = counts.both + 0.5, counts.expected + 0.5
    low, high = (np.log2(gammaincinv(shape, quantile) / rate) for quantile in (0.025, 0.975))
    return Estimates(np.log2(shape / rate), low, high)


def _log_interval(ratio: Numbers, variance: Numbers) -> Estimates:
    """Return a ratio with the interval that is symmetric on the logarithmic scale."""
    usable = (ratio > 0) & np.isfinite(ratio)
    # Rounding can leave a variance just below 0 where it is exactly 0.
    margin = np.exp(NORMAL_QUANTILE * np.sqrt(np.maximum(np.where(usable, variance, 0.0), 0.0)))
    low, high = (np.where(np.isnan(ratio), np.nan, bound) for bound in (0.0, np.inf))
    np.divide(ratio, margin, out=low, where=usable)
    np.multiply(ratio, margin, out=high, where=usable)
    return Estimates(ratio, low, high)


def _inverse(counts: Numbers) -> Numbers:
    """Return 1 / count, and 0 for 0: a ratio that is neither 0 nor infinite has no such term."""
    return np.divide(1.0, counts, out=np.zeros_like(counts), where=counts > 0)


def _divide(above: Numbers, below: Numbers, undefined: float = np.nan) -> Numbers:
    """Return above / below for numbers of at least 0; infinity for x/0, and `undefined` for 0/0."""
    quotient = np.where(above > 0, np.inf, undefined)
    return np.divide(above, below, out=quotient, where=below > 0)
