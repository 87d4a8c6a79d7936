"""The counts of pairs are those that counting each case by hand gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.signals.consensus import Criteria
from monitor.signals.pair_table import PairTable, build_pairs, without_pairs
from monitor.signals.signal_pairs import SignalMethod, measure_window, sorted_pairs
from monitor.store.signals import WindowCounts

Row = tuple[str, str, str, int]
DRUGS = ["a", "b", "c", "a + b", "b + c"]
GROUPS: Mapping[str, Sequence[str]] = {"1": ["g", "h"], "2": ["g"], "3": []}

rows_of_cases = st.lists(
    st.tuples(
        st.sampled_from(DRUGS), st.sampled_from(list(GROUPS)), st.sampled_from(["x", "y"]), st.integers(1, 5)
    ),
    max_size=12,
)


def window_of(rows: Sequence[Row]) -> WindowCounts:
    drugs, ptids, strata = (sorted({row[column] for row in rows}) for column in range(3))
    return WindowCounts(
        drugs,
        ptids,
        strata or [""],
        np.array([drugs.index(row[0]) for row in rows], np.int64),
        np.array([ptids.index(row[1]) for row in rows], np.int64),
        np.array([strata.index(row[2]) for row in rows], np.int64),
        np.array([row[3] for row in rows], np.int64),
        np.array([row[3] for row in rows], np.int64),
        np.arange(len(rows), dtype=np.int64),
    )


def as_dict(table: PairTable) -> dict[tuple[str, str], tuple[float, ...]]:
    counts = table.counts
    return {
        (table.drugs[drug], table.events[event]): (
            counts.both[pair],
            counts.drug[pair],
            counts.event[pair],
            counts.total[pair],
        )
        for pair, (drug, event) in enumerate(zip(table.drug, table.event, strict=True))
    }


def counted_by_hand(
    rows: Sequence[Row], groups: Mapping[str, Sequence[str]] | None
) -> dict[tuple[str, str], tuple[float, ...]]:
    both: Counter[tuple[str, str]] = Counter()
    by_drug: Counter[str] = Counter()
    by_event: Counter[str] = Counter()
    for drugs, ptid, _, cases in rows:
        events = [ptid] if groups is None else groups[ptid]
        for drug in drugs.split(" + "):
            by_drug[drug] += cases
            for event in events:
                both[drug, event] += cases
        for event in events:
            by_event[event] += cases
    total = sum(row[3] for row in rows)
    return {pair: (cases, by_drug[pair[0]], by_event[pair[1]], total) for pair, cases in both.items()}


@settings(max_examples=25, deadline=None)
@given(rows_of_cases, st.booleans())
def test_pairs_have_the_counts_that_single_cases_give(rows: list[Row], grouped: bool) -> None:
    groups = GROUPS if grouped else None
    table = build_pairs(window_of(rows), groups.__getitem__ if groups else None)
    assert as_dict(table) == counted_by_hand(rows, groups)
    assert table.total == sum(row[3] for row in rows)


def test_expected_cases_are_the_sum_over_strata() -> None:
    rows = [("a", "1", "x", 2), ("b", "2", "x", 2), ("a", "2", "y", 6), ("b", "2", "y", 2)]
    table = build_pairs(window_of(rows))
    pair = as_dict(table)
    assert pair["a", "2"] == (6, 8, 10, 12)
    position = list(pair).index(("a", "2"))
    assert table.counts.expected[position] == pytest.approx(2 * 2 / 4 + 6 * 8 / 8)


def test_pairs_that_are_left_out_leave_all_counts() -> None:
    rows = [("a + b", "1", "x", 2), ("a", "1", "x", 3), ("b", "1", "x", 4), ("c", "2", "x", 5)]
    left = without_pairs(window_of(rows), {"a": frozenset(["1"])})
    assert as_dict(build_pairs(left)) == {("b", "1"): (4, 4, 4, 9), ("c", "2"): (5, 5, 5, 9)}


@pytest.mark.parametrize("rows", [[], [("a", "1", "x", 7)]])
def test_no_pair_and_one_pair_are_measured_without_an_error(rows: list[Row]) -> None:
    table = build_pairs(window_of(rows))
    for method in SignalMethod:
        pairs = measure_window(table, Criteria(), method)
        assert not pairs.signal.any()
        chosen = sorted_pairs(pairs, np.arange(len(table)), method)
        assert len(chosen) == len(rows)
