from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, gamma

from monitor.signals.disproportionality import PairCounts, add_strata, ic, prr, ror, yates

pytestmark = pytest.mark.filterwarnings("error")

CELL = st.integers(0, 100_000)
FILLED_CELL = st.integers(1, 100_000)
INF, NAN = np.inf, np.nan


def counts_of(*cells: tuple[float, float, float, float]) -> PairCounts:
    """Return counts of tables, each with the cells a, b, c and d."""
    a, b, c, d = np.array(cells, dtype=np.float64).T
    return PairCounts(a, a + b, a + c, a + b + c + d)


def numbers(counts: PairCounts) -> Iterator[npt.NDArray[np.float64]]:
    for measure in (prr(counts), ror(counts), ic(counts)):
        yield from (measure.low, measure.estimate, measure.high)
    yield yates(counts)


def test_measures_of_a_table_that_was_computed_by_hand() -> None:
    counts = counts_of((25, 75, 50, 850))
    assert counts.expected == pytest.approx([7.5])
    assert prr(counts).estimate == pytest.approx([0.25 / (50 / 900)])
    assert ror(counts).estimate == pytest.approx([25 * 850 / (75 * 50)])
    assert ic(counts).estimate == pytest.approx([np.log2(25.5 / 8)])
    deviation = np.sqrt(1 / 25 - 1 / 100 + 1 / 50 - 1 / 900)
    assert np.log(prr(counts).high / prr(counts).estimate) == pytest.approx([1.959964 * deviation], rel=1e-6)


@given(st.lists(st.tuples(FILLED_CELL, FILLED_CELL, FILLED_CELL, FILLED_CELL), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_chi_square_equals_that_of_scipy(cells: list[tuple[int, int, int, int]]) -> None:
    expected = [chi2_contingency([[a, b], [c, d]], correction=True).statistic for a, b, c, d in cells]
    assert yates(counts_of(*cells)) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("observed", "expected"), [(0, 0.25), (1, 0.001), (3, 1.5), (40, 80.0), (5000, 4000.0)]
)
def test_bounds_of_ic_are_quantiles_of_the_gamma_distribution(observed: int, expected: float) -> None:
    total = 1e9
    drug = np.array([np.sqrt(expected * total)])
    measured = ic(PairCounts(np.array([float(observed)]), drug, drug, np.asarray(total)))
    shape, rate = observed + 0.5, expected + 0.5
    for bound, share in ((measured.low, 0.025), (measured.high, 0.975)):
        below = mpmath.gammainc(shape, 0, rate * mpmath.mpf(2) ** float(bound[0]), regularized=True)
        assert float(below) == pytest.approx(share, abs=1e-9)
        assert bound[0] == pytest.approx(np.log2(gamma.ppf(share, shape, scale=1 / rate)), abs=1e-9)
    assert measured.estimate[0] == pytest.approx(float(mpmath.log(shape / rate, 2)), abs=1e-12)


@pytest.mark.parametrize(
    ("cells", "expected_prr", "expected_ror"),
    [
        pytest.param((0, 5, 5, 90), (0, 0, INF), (0, 0, INF), id="no case of the pair"),
        pytest.param((5, 5, 0, 90), (0, INF, INF), (0, INF, INF), id="only this drug has the event"),
        pytest.param((5, 0, 5, 90), (8.095, 19.0, 44.59), (0, INF, INF), id="the drug has no other event"),
        pytest.param((5, 5, 95, 0), (0.269, 0.5, 0.9293), (0, 0, INF), id="all other drugs have the event"),
        pytest.param((0, 0, 5, 95), (NAN, NAN, NAN), (NAN, NAN, NAN), id="the drug has no case"),
        pytest.param((5, 5, 0, 0), (NAN, NAN, NAN), (NAN, NAN, NAN), id="no other drug"),
        pytest.param((5, 0, 95, 0), (1, 1, 1), (NAN, NAN, NAN), id="each case has the event"),
        pytest.param((5, 0, 0, 0), (NAN, NAN, NAN), (NAN, NAN, NAN), id="one pair and nothing else"),
        pytest.param((0, 0, 0, 0), (NAN, NAN, NAN), (NAN, NAN, NAN), id="no case at all"),
    ],
)
def test_cells_without_cases_have_defined_results(
    cells: tuple[int, int, int, int], expected_prr: tuple[float, ...], expected_ror: tuple[float, ...]
) -> None:
    counts = counts_of(cells)
    for measure, expected in ((prr(counts), expected_prr), (ror(counts), expected_ror)):
        result = np.concatenate([measure.low, measure.estimate, measure.high])
        assert result == pytest.approx(expected, rel=1e-3, nan_ok=True)
    assert np.isfinite([ic(counts).low, ic(counts).estimate, ic(counts).high]).all()


@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_estimates_lie_in_their_intervals(cells: list[tuple[int, int, int, int]]) -> None:
    counts = counts_of(*cells)
    for measure in (prr(counts), ror(counts), ic(counts)):
        undefined = np.isnan(measure.estimate)
        assert ((measure.low <= measure.estimate) | undefined).all()
        assert ((measure.estimate <= measure.high) | undefined).all()
    chi_square = yates(counts)
    assert ((chi_square >= 0) | np.isnan(chi_square)).all()


@given(FILLED_CELL, FILLED_CELL, FILLED_CELL, FILLED_CELL, st.integers(2, 50))
@settings(max_examples=20, deadline=None)
def test_more_cases_in_equal_proportions_narrow_the_interval(a: int, b: int, c: int, d: int, by: int) -> None:
    small, large = counts_of((a, b, c, d)), counts_of((a * by, b * by, c * by, d * by))
    for measure in (prr, ror):
        assert measure(large).estimate == pytest.approx(measure(small).estimate, rel=1e-9)
        assert measure(large).low >= measure(small).low
        assert measure(large).high <= measure(small).high


@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_drug_and_event_are_interchangeable_except_for_prr(cells: list[tuple[int, int, int, int]]) -> None:
    counts = counts_of(*cells)
    swapped = PairCounts(counts.both, counts.event, counts.drug, counts.total)
    assert ror(swapped).estimate == pytest.approx(ror(counts).estimate, nan_ok=True)
    assert ic(swapped).low == pytest.approx(ic(counts).low)
    assert yates(swapped) == pytest.approx(yates(counts), nan_ok=True)


@given(FILLED_CELL, FILLED_CELL, FILLED_CELL, FILLED_CELL)
@settings(max_examples=20, deadline=None)
def test_one_more_case_of_the_pair_raises_each_measure(a: int, b: int, c: int, d: int) -> None:
    before, after = counts_of((a, b, c, d)), counts_of((a + 1, b - 1, c, d))
    for measure in (prr, ror, ic):
        assert measure(after).estimate > measure(before).estimate


@given(FILLED_CELL, FILLED_CELL, FILLED_CELL, FILLED_CELL)
@settings(max_examples=20, deadline=None)
def test_ic_is_nearer_to_zero_than_the_crude_ratio(a: int, b: int, c: int, d: int) -> None:
    counts = counts_of((a, b, c, d))
    crude = np.log2(counts.both / counts.expected)
    assert np.abs(ic(counts).estimate) <= np.abs(crude) + 1e-12


def test_strata_remove_disproportion_that_only_comes_from_their_difference() -> None:
    # In each source the pair is as frequent as chance makes it. The drug and the event are common in one.
    forum, news = counts_of((36, 24, 24, 16)), counts_of((1, 9, 99, 891))
    assert ic(forum).estimate == pytest.approx([0])
    assert ic(news).estimate == pytest.approx([0])
    together = add_strata([forum, news])
    assert together.expected == pytest.approx([37])
    assert ic(together).estimate == pytest.approx([0])
    crude = PairCounts(together.both, together.drug, together.event, together.total)
    assert ic(crude).low > 1
    assert prr(together).estimate == prr(crude).estimate


def test_strata_must_hold_the_same_pairs() -> None:
    with pytest.raises(ValueError, match="same pairs"):
        add_strata([counts_of((1, 1, 1, 1)), counts_of((1, 1, 1, 1), (2, 2, 2, 2))])
    with pytest.raises(ValueError, match="at least one"):
        add_strata([])


def test_chosen_pairs_keep_their_counts_and_expected_cases() -> None:
    counts = add_strata([counts_of((1, 2, 3, 4), (5, 6, 7, 8)), counts_of((9, 1, 2, 3), (4, 5, 6, 70))])
    chosen = counts.at(np.array([False, True]))
    assert len(chosen) == 1
    assert chosen.expected == counts.expected[1]
    assert ror(chosen).low == ror(counts).low[1]


@pytest.mark.parametrize(
    "change",
    [{"both": -1.0}, {"both": 11.0}, {"event": 4.0}, {"total": 24.0}, {"drug": NAN}, {"total": INF}],
    ids=str,
)
def test_counts_that_contradict_each_other_are_refused_with_their_index(change: dict[str, Any]) -> None:
    row = {"both": 5.0, "drug": 10.0, "event": 20.0, "total": 100.0}
    columns = {name: np.array([count, change.get(name, count)]) for name, count in row.items()}
    with pytest.raises(ValueError, match="pair 1:"):
        PairCounts(**columns)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="drug has shape"):
        PairCounts(np.ones(3), np.ones(2), np.ones(3), np.asarray(9.0))


def test_no_pairs_have_no_measures() -> None:
    nothing = PairCounts(np.zeros(0), np.zeros(0), np.zeros(0), np.asarray(0.0))
    assert [len(column) for column in numbers(nothing)] == [0] * 10
