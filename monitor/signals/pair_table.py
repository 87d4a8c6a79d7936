"""From the counts of a window to the four counts of each pair: by PT, or by a group of PTs.

A case of a combination counts for each of its ingredients, and a case whose PT is in several groups for each
of them. In the cases of an event, of a drug and in all, it counts once. So do the cases without a group: they
are in the background of all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.findings import INGREDIENT_SEPARATOR
from monitor.signals.disproportionality import Numbers, PairCounts, add_strata
from monitor.signals.unmasking import Identifiers
from monitor.store.signals import WindowCounts

EventsOf = Callable[[str], Sequence[str]]
"""Returns the codes of the events that a PT belongs to, by the code of the PT."""


@dataclass(frozen=True, slots=True, eq=False)
class PairTable:
    """All pairs with a case in the window.

    Attributes:
        drugs: names of the drugs.
        events: codes of the events.
        drug: [pairs] index of the drug.
        event: [pairs] index of the event.
        counts: their counts. Expected cases are the sum over the strata if the window has some.
        authors: [pairs] cases whose author is known.
        first_day: [pairs] the first day of the window with a case, in days since 1970.
        total: cases of the window with a drug and a code.
    """

    drugs: Sequence[str]
    events: Sequence[str]
    drug: Identifiers
    event: Identifiers
    counts: PairCounts
    authors: Numbers
    first_day: Identifiers
    total: int

    def __len__(self) -> int:
        return len(self.drug)


@dataclass(frozen=True, slots=True, eq=False)
class _Members:
    """Several members for each item, such as the ingredients of drugs: those of an item are consecutive."""

    names: list[str]
    flat: Identifiers
    starts: Identifiers
    sizes: Identifiers

    def expand(self, items: Identifiers) -> tuple[Identifiers, Identifiers]:
        """Return the position in `items` and the member, for each member of each item."""
        sizes = self.sizes[items]
        positions = np.repeat(np.arange(len(items)), sizes)
        offsets = np.arange(len(positions)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return positions, self.flat[self.starts[items][positions] + offsets]


def build_pairs(window: WindowCounts, events_of: EventsOf | None = None) -> PairTable:
    """Return the pairs of a window.

    Args:
        window: its counts.
        events_of: the groups of a PT; by default each PT is an event.
    """
    drugs = _members([name.split(INGREDIENT_SEPARATOR) for name in window.drugs])
    events = _members([[ptid] if events_of is None else events_of(ptid) for ptid in window.ptids])
    cases = window.cases.astype(np.float64)
    row_of_drug, drug = drugs.expand(window.drug)
    row_of_event, event = events.expand(window.ptid)
    by_drug = _sums(drug, window.stratum[row_of_drug], cases[row_of_drug], len(drugs.names), window)
    by_event = _sums(event, window.stratum[row_of_event], cases[row_of_event], len(events.names), window)
    in_all = np.bincount(window.stratum, cases, len(window.strata))
    # Each ingredient of a row with each of its events.
    position, event = events.expand(window.ptid[row_of_drug])
    row, drug = row_of_drug[position], drug[position]
    keys, pair = np.unique(drug * max(len(events.names), 1) + event, return_inverse=True)
    both = _sums(pair, window.stratum[row], cases[row], len(keys), window)
    pair_drug, pair_event = np.divmod(keys, max(len(events.names), 1))
    strata = [
        PairCounts(both[:, number], by_drug[pair_drug, number], by_event[pair_event, number], in_all[number])
        for number in range(len(window.strata))
    ]
    first_day = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(first_day, pair, window.first_day[row])
    return PairTable(
        drugs.names,
        events.names,
        pair_drug,
        pair_event,
        strata[0] if len(strata) == 1 else add_strata(strata),
        np.asarray(np.bincount(pair, window.authors[row], len(keys)), np.float64),
        first_day,
        int(cases.sum()),
    )


def without_pairs(window: WindowCounts, left_out: Mapping[str, frozenset[str]]) -> WindowCounts:
    """Return the window without the cases of some pairs.

    Args:
        window: its counts.
        left_out: codes of PTs by drug. A case of a combination is left out if one ingredient has its PT here.
    """
    of_drug = [pts_left_out(drug, left_out) for drug in window.drugs]
    kept = np.array(
        [
            window.ptids[ptid] not in of_drug[drug]
            for drug, ptid in zip(window.drug, window.ptid, strict=True)
        ],
        bool,
    )
    return WindowCounts(
        window.drugs,
        window.ptids,
        window.strata,
        window.drug[kept],
        window.ptid[kept],
        window.stratum[kept],
        window.cases[kept],
        window.authors[kept],
        window.first_day[kept],
        window.uncoded,
        window.without_drug,
    )


def pts_left_out(drug: str, left_out: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return the codes of the PTs that `without_pairs` leaves out for a drug, or for a combination."""
    return frozenset().union(*(left_out.get(name, ()) for name in drug.split(INGREDIENT_SEPARATOR)))


def _members(lists: Sequence[Sequence[str]]) -> _Members:
    different = sorted({name for names in lists for name in names})
    index = {name: number for number, name in enumerate(different)}
    sizes = np.array([len(set(names)) for names in lists], np.int64)
    flat = np.array([index[name] for names in lists for name in dict.fromkeys(names)], np.int64)
    return _Members(different, flat, np.cumsum(sizes) - sizes, sizes)


def _sums(
    members: Identifiers, stratum: Identifiers, cases: Numbers, size: int, window: WindowCounts
) -> Numbers:
    """Return the sums [members, strata] of cases."""
    width = len(window.strata)
    sums = np.bincount(members * width + stratum, cases, size * width)
    return np.asarray(sums, np.float64).reshape(size, width)
