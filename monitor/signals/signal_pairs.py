"""Measure the pairs of a window, and decide which are signals.

The prior of EBGM and the control of false discoveries need all pairs. So everything is computed before pairs
are left out, and no filter changes the numbers of a pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from monitor.signals.consensus import Consensus, Criteria, Marks, PairMeasures, consensus, measure_pairs
from monitor.signals.disproportionality import Numbers
from monitor.signals.gamma_poisson import GammaMixture
from monitor.signals.multiplicity import benjamini_hochberg, p_values
from monitor.signals.pair_table import PairTable
from monitor.signals.prior_fitting import PUBLISHED_PRIOR, fit_prior

LARGEST_Q: Final = 0.05
"""Largest adjusted p-value of a signal: of all signals, 5% are expected to be chance alone."""


class SignalMethod(StrEnum):
    """What decides about signals: one method alone, or the agreement of at least three."""

    CONSENSUS = "consensus"
    PRR = "prr"
    ROR = "ror"
    IC = "ic"
    EBGM = "ebgm"


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredPairs:
    """The pairs of a window with their measures.

    Attributes:
        table: the pairs.
        measures: [pairs] of each one.
        consensus: which methods mark them.
        q: [pairs] adjusted p-values (Benjamini and Hochberg) over all drugs and events of the window.
        signal: [pairs] the chosen method marks the pair, and q is at most `LARGEST_Q`.
        prior: the prior of EBGM.
    """

    table: PairTable
    measures: PairMeasures
    consensus: Consensus
    q: Numbers
    signal: Marks
    prior: GammaMixture


def measure_window(table: PairTable, criteria: Criteria, method: SignalMethod) -> MeasuredPairs:
    """Return the measures of all pairs.

    Args:
        table: the pairs.
        criteria: the thresholds of the methods.
        method: what decides about signals.
    """
    counts = table.counts
    prior = fit_prior(counts.both, counts.expected) if len(counts) else PUBLISHED_PRIOR
    measures = measure_pairs(counts, prior)
    agreeing = consensus(measures, criteria)
    q = benjamini_hochberg(p_values(counts), tested=len(table.drugs) * len(table.events))
    marks: Marks = agreeing.reached if method is SignalMethod.CONSENSUS else getattr(agreeing, method.value)
    return MeasuredPairs(table, measures, agreeing, q, marks & (q <= LARGEST_Q), prior)


def sorted_pairs(
    pairs: MeasuredPairs, chosen: npt.NDArray[np.intp], method: SignalMethod
) -> npt.NDArray[np.intp]:
    """Return the chosen pairs, those first that the method marks most.

    Pairs are compared by the lower bound of the interval, so that few cases do not come first. Consensus
    counts the methods, and compares EB05 then.
    """
    lows = {
        SignalMethod.PRR: pairs.measures.prr.low,
        SignalMethod.ROR: pairs.measures.ror.low,
        SignalMethod.IC: pairs.measures.ic.low,
        SignalMethod.EBGM: pairs.measures.ebgm.low,
        SignalMethod.CONSENSUS: pairs.measures.ebgm.low,
    }
    low = np.nan_to_num(lows[method][chosen], nan=-np.inf)
    votes = pairs.consensus.votes[chosen] if method is SignalMethod.CONSENSUS else np.zeros(len(chosen))
    order = np.lexsort((-pairs.measures.counts.both[chosen], -low, -votes, ~pairs.signal[chosen]))
    return chosen[order]
