"""Masking: one drug with very many cases of an event hides the disproportion of other drugs.

A pair is compared with the event's share among all other drugs. A drug that dominates the event raises that
share. Without the cases of that drug, the pair shows its own disproportion.

F. Maignen et al.: Assessing the extent and impact of the masking effect of disproportionality analyses on two
spontaneous reporting systems databases. Pharmacoepidemiology and Drug Safety 23 (2014), 195-207.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from monitor.signals.disproportionality import Numbers, PairCounts, prr

NO_MASK: Final = -1
"""Stands for "no drug masks this pair"."""

Identifiers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Unmasked:
    """The pairs without the drug that masks each of them most.

    Attributes:
        by: [pairs] identifier of the drug that masks the pair, `NO_MASK` if there is none.
        share: [pairs] part of the event's cases that are cases of that drug, 0 if there is none.
        ratio: [pairs] PRR without its cases, divided by PRR with them (masking ratio). It is 1 if there is no
            such drug, and nan if PRR is 0.
        counts: the counts without its cases, to measure again: `prr(unmasked.counts)`.
    """

    by: Identifiers
    share: Numbers
    ratio: Numbers
    counts: PairCounts


def unmask(counts: PairCounts, drug_ids: Identifiers, event_ids: Identifiers) -> Unmasked:
    """Return for each pair the drug that masks it most, and the counts without the cases of that drug.

    The drug that masks an event is the one without which the event has the smallest share of the remaining
    cases. For the pair of that drug itself, it is the next one. A drug masks nothing if the share does not
    become smaller without it.

    Counts of pairs do not show which cases name two drugs. So the cases of the pair and of its drug all stay,
    with those that name the masking drug as well. Expected cases by stratum are not kept.

    Args:
        counts: all pairs with a case in the window, each once.
        drug_ids: [pairs] identifier of the drug, at least 0.
        event_ids: [pairs] identifier of the event.
    """
    candidates, shares = _two_candidates(counts, event_ids)
    pairs = np.arange(len(counts))
    chosen = np.where(candidates[0] == pairs, candidates[1], candidates[0])
    masked = (chosen != NO_MASK) & (shares[chosen] * counts.total < counts.event)
    chosen = np.where(masked, chosen, NO_MASK)
    cases = np.where(masked, counts.both[chosen], 0.0)
    without = _without(counts, cases, np.where(masked, counts.drug[chosen], 0.0))
    before, after = prr(counts).estimate, prr(without).estimate
    ratio = np.divide(
        after, before, out=np.full_like(before, np.nan), where=(before > 0) & np.isfinite(before)
    )
    return Unmasked(
        by=np.where(masked, drug_ids[chosen], NO_MASK),
        share=np.divide(cases, counts.event, out=np.zeros_like(cases), where=masked),
        ratio=np.where(masked, ratio, 1.0),
        counts=without,
    )


def _two_candidates(counts: PairCounts, event_ids: Identifiers) -> tuple[Identifiers, Numbers]:
    """Return the two pairs [2, pairs] whose drugs mask the event of each pair most, and the shares [pairs].

    A share is that of the event's cases among all cases, without the drug of the pair.
    """
    others = counts.total - counts.drug
    # A drug that has all cases cannot be left out.
    shares = np.divide(counts.event - counts.both, others, out=np.ones_like(others), where=others > 0)
    _, groups, sizes = np.unique(event_ids, return_inverse=True, return_counts=True)
    order = np.lexsort((shares, groups))
    starts = np.cumsum(sizes) - sizes
    firsts = order[starts]
    seconds = np.where(sizes > 1, order[np.minimum(starts + 1, len(order) - 1)], NO_MASK)
    return np.stack([firsts[groups], seconds[groups]]), shares


def _without(counts: PairCounts, cases: Numbers, drug: Numbers) -> PairCounts:
    """Return the counts without a drug, given its cases of the event [pairs] and all its cases [pairs]."""
    event = np.maximum(counts.event - cases, counts.both)
    total = np.maximum(counts.total - drug, counts.drug + event - counts.both)
    return PairCounts(counts.both, counts.drug, event, total)
