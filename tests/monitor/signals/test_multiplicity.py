from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, hypergeom

from monitor.signals.disproportionality import PairCounts
from monitor.signals.multiplicity import benjamini_hochberg, p_values

pytestmark = pytest.mark.filterwarnings("error")

CELL = st.integers(0, 60)


@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=15))
@settings(max_examples=20, deadline=None)
def test_p_values_are_those_of_fishers_exact_test(cells: list[tuple[int, int, int, int]]) -> None:
    a, b, c, d = np.array(cells, dtype=np.float64).T
    expected = [fisher_exact([row[:2], row[2:]], alternative="greater").pvalue for row in cells]
    assert p_values(PairCounts(a, a + b, a + c, a + b + c + d)) == pytest.approx(expected, abs=1e-10)


def test_p_values_of_large_counts_are_exact_too() -> None:
    rows = np.array(
        [[80, 2_000, 9_000, 300_000], [5, 2_000, 9_000, 300_000], [700, 40_000, 5_000, 1_000_000]]
    )
    both, drug, event, total = rows.T
    expected = hypergeom.sf(both - 1, total, drug, event)
    assert p_values(PairCounts(*rows.T.astype(float))) == pytest.approx(expected, rel=1e-6)
    assert expected[0] < 0.01 < expected[1]


def test_a_pair_without_a_case_has_a_p_value_of_one() -> None:
    counts = PairCounts(np.zeros(2), np.array([0.0, 10]), np.array([5.0, 50]), np.array([20.0, 100]))
    assert list(p_values(counts)) == [1.0, 1.0]


def test_corrected_counts_are_rounded() -> None:
    corrected = PairCounts(*(np.array([count]) for count in (4.2, 10.3, 19.8, 99.7)))
    whole = PairCounts(*(np.array([count]) for count in (4.0, 10.0, 20.0, 100.0)))
    assert p_values(corrected) == p_values(whole)


def test_adjusted_p_values_of_a_list_that_was_computed_by_hand() -> None:
    adjusted = benjamini_hochberg(np.array([0.04, 0.01, 0.5, 0.03]))
    assert adjusted == pytest.approx([0.16 / 3, 0.04, 0.5, 0.16 / 3])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_pairs_that_are_only_counted_act_like_pairs_with_a_p_value_of_one(
    p: list[float], unseen: int
) -> None:
    listed = benjamini_hochberg(np.array([*p, *[1.0] * unseen]))[: len(p)]
    assert benjamini_hochberg(np.array(p), tested=len(p) + unseen) == pytest.approx(listed)


def test_an_adjusted_p_value_is_never_smaller_than_the_p_value() -> None:
    p = np.random.default_rng(3).random(200) ** 4
    adjusted = benjamini_hochberg(p)
    assert (adjusted >= p).all()
    assert (np.argsort(p) == np.lexsort((p, adjusted))).all()


def test_less_tests_than_p_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least as many"):
        benjamini_hochberg(np.array([0.1, 0.2]), tested=1)


def test_no_pairs_have_no_p_values() -> None:
    assert len(benjamini_hochberg(np.zeros(0))) == 0
    assert len(p_values(PairCounts(np.zeros(0), np.zeros(0), np.zeros(0), np.asarray(0.0)))) == 0


def test_of_independent_drugs_and_events_few_pairs_have_a_small_p_value() -> None:
    draw = np.random.default_rng(8)
    drug, event = draw.dirichlet(np.ones(40)), draw.dirichlet(np.ones(60))
    cells = draw.multinomial(20_000, np.outer(drug, event).ravel()).reshape(40, 60).astype(float)
    drugs, events = np.indices(cells.shape)
    counts = PairCounts(
        cells.ravel(),
        cells.sum(axis=1)[drugs.ravel()],
        cells.sum(axis=0)[events.ravel()],
        np.asarray(20_000.0),
    )
    p = p_values(counts)
    assert 0.01 < (p <= 0.05).mean() <= 0.05
    assert (benjamini_hochberg(p) > 0.05).all()
