from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.signals.disproportionality import PairCounts, prr
from monitor.signals.unmasking import NO_MASK, unmask

pytestmark = pytest.mark.filterwarnings("error")

Cells = npt.NDArray[np.float64]
Identifiers = npt.NDArray[np.int64]


def counts_of(cells: Cells) -> tuple[PairCounts, Identifiers, Identifiers]:
    """Return the pairs of a table [drugs, events] of cases that name one drug and one event each."""
    drugs, events = np.nonzero(cells)
    counts = PairCounts(
        cells[drugs, events], cells.sum(axis=1)[drugs], cells.sum(axis=0)[events], np.asarray(cells.sum())
    )
    return counts, drugs, events


MASKED = np.array([[900.0, 100], [10, 90], [5, 495], [0, 8400]])
"""Drug 0 has most cases of event 0, which hides that drug 1 has many of the others."""


def test_the_dominant_drug_masks_the_others() -> None:
    counts, drugs, events = counts_of(MASKED)
    unmasked = unmask(counts, drugs, events)
    pair = int(np.flatnonzero((drugs == 1) & (events == 0))[0])
    assert unmasked.by[pair] == 0
    assert unmasked.share[pair] == 900 / 915
    assert prr(counts).estimate[pair] == pytest.approx(1.09, abs=0.01)
    assert prr(unmasked.counts).estimate[pair] == pytest.approx((10 / 100) / (5 / 8900))
    assert unmasked.ratio[pair] == prr(unmasked.counts).estimate[pair] / prr(counts).estimate[pair]


def test_a_dominant_drug_is_not_masked_by_itself() -> None:
    counts, drugs, events = counts_of(MASKED)
    unmasked = unmask(counts, drugs, events)
    pair = int(np.flatnonzero((drugs == 0) & (events == 0))[0])
    assert unmasked.by[pair] == 1


def test_a_pair_that_no_drug_masks_stays_as_it_is() -> None:
    # Only drug 0 has event 0, and all drugs have event 1 to the same degree.
    counts, drugs, events = counts_of(np.array([[5.0, 10, 10], [0, 10, 15], [0, 10, 15]]))
    unmasked = unmask(counts, drugs, events)
    unmasked_pairs = (events == 0) | (events == 1)
    assert (unmasked.by[unmasked_pairs] == NO_MASK).all()
    assert (unmasked.share[unmasked_pairs] == 0).all()
    assert (unmasked.ratio[unmasked_pairs] == 1).all()
    assert unmasked.counts.total[unmasked_pairs] == pytest.approx(counts.total[unmasked_pairs])


@given(st.lists(st.lists(st.integers(0, 300), min_size=4, max_size=4), min_size=2, max_size=5))
@settings(max_examples=20, deadline=None)
def test_counts_without_the_masking_drug_equal_those_of_a_table_without_its_row(
    rows: list[list[int]],
) -> None:
    cells = np.array(rows, dtype=np.float64)
    counts, drugs, events = counts_of(cells)
    unmasked = unmask(counts, drugs, events)
    for pair, (drug, event) in enumerate(zip(drugs, events, strict=True)):
        shares = {
            other: np.delete(cells, other, axis=0)[:, event].sum()
            / max(np.delete(cells, other, axis=0).sum(), 1)
            for other in range(len(cells))
            if other != drug and cells[other, event]
        }
        if unmasked.by[pair] == NO_MASK:
            assert all(share >= counts.event[pair] / cells.sum() - 1e-12 for share in shares.values())
            continue
        assert shares[unmasked.by[pair]] == pytest.approx(min(shares.values()))
        rest = cells.copy()
        rest[unmasked.by[pair]] = 0
        left = (rest[drug, event], rest[drug].sum(), rest[:, event].sum(), rest.sum())
        without = unmasked.counts
        assert (
            without.both[pair],
            without.drug[pair],
            without.event[pair],
            without.total[pair],
        ) == pytest.approx(left)


def test_cases_that_name_both_drugs_stay_with_the_pair() -> None:
    # All 8 cases of drug 1 name drug 0 as well, which has 9 of the 10 cases of the event.
    counts = PairCounts(np.array([9.0, 8, 1]), np.array([10.0, 8, 50]), np.full(3, 10.0), np.asarray(60.0))
    unmasked = unmask(counts, np.array([0, 1, 2]), np.zeros(3, dtype=np.int64))
    assert unmasked.by[1] == 0
    assert unmasked.counts.both[1] == 8
    assert unmasked.counts.event[1] >= 8


def test_no_pairs_are_masked_by_nothing() -> None:
    nothing = PairCounts(np.zeros(0), np.zeros(0), np.zeros(0), np.asarray(0.0))
    none = np.zeros(0, dtype=np.int64)
    assert len(unmask(nothing, none, none).by) == 0
