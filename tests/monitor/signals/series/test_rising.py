"""Pairs that rise, and pairs seen for the first time."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import binomtest

from monitor.signals.series.new_pairs import LEAD_DAYS, find_first_seen
from monitor.signals.series.rising import PeriodCounts, compare_periods

DATA_SINCE = date(2026, 1, 1)
WINDOW = (date(2026, 6, 1), date(2026, 6, 30))


def period_counts(*pairs: tuple[float, float, float, float]) -> PeriodCounts:
    """Return counts from tuples of recent cases and mentions, and earlier cases and mentions."""
    return PeriodCounts(*np.array(pairs, dtype=np.float64).reshape(-1, 4).T)


def test_a_ratio_and_its_test_are_the_exact_ones_of_scipy() -> None:
    result = compare_periods(period_counts((12, 400, 10, 1200)))
    exact = binomtest(12, 22, 400 / 1600, alternative="greater")
    limits = binomtest(12, 22).proportion_ci(0.95, "exact")
    assert result.ratio[0] == pytest.approx(3.6)
    assert result.p_values[0] == pytest.approx(exact.pvalue)
    assert result.low[0] == pytest.approx(limits.low / (1 - limits.low) * 3)
    assert result.high[0] == pytest.approx(limits.high / (1 - limits.high) * 3)


def test_more_cases_from_more_mentions_do_not_rise() -> None:
    result = compare_periods(period_counts((30, 3000, 10, 1000), (30, 1000, 30, 3000)))
    assert result.rising.tolist() == [False, True]
    assert result.ratio.tolist() == [pytest.approx(1), pytest.approx(3)]


def test_a_pair_with_few_recent_cases_is_not_shown() -> None:
    result = compare_periods(period_counts((2, 10, 0, 100000), (4, 10, 0, 100000)))
    assert result.rising.tolist() == [False, True]
    assert result.ratio.tolist() == [np.inf, np.inf]
    assert result.high.tolist() == [np.inf, np.inf]
    assert 0 < result.low[1] < np.inf


def test_the_same_p_value_counts_less_among_many_pairs() -> None:
    pair, others = (9, 400, 9, 1200), [(1, 400, 3, 1200)] * 200
    assert compare_periods(period_counts(pair)).rising[0]
    assert not compare_periods(period_counts(pair, *others)).rising.any()


def test_pairs_without_cases_or_mentions_do_not_rise() -> None:
    result = compare_periods(period_counts((0, 100, 0, 100), (5, 0, 1, 100), (5, 100, 1, 0)))
    assert not result.rising.any()
    assert result.p_values.tolist() == [1, 1, 1]
    assert np.isnan(result.ratio).all()


def test_no_pairs_have_empty_results() -> None:
    assert compare_periods(period_counts()).rising.shape == (0,)


def test_wrong_period_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        period_counts((1, 1, -1, 1))
    with pytest.raises(ValueError, match="one number per pair"):
        PeriodCounts(np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(3))


def first_seen(days: dict[str, date], data_since: date = DATA_SINCE) -> list[tuple[str, int]]:
    entries = find_first_seen(days, since=WINDOW[0], until=WINDOW[1], data_since=data_since)
    return [(entry.pair, entry.days_before) for entry in entries]


def test_pairs_with_their_first_case_in_the_window_are_new() -> None:
    days = {
        "before": WINDOW[0] - timedelta(days=1),
        "first day": WINDOW[0],
        "last day": WINDOW[1],
        "after": WINDOW[1] + timedelta(days=1),
    }
    assert first_seen(days) == [("last day", 180), ("first day", 151)]


def test_nothing_is_new_in_a_young_database() -> None:
    days = {"early": WINDOW[0] + timedelta(days=5), "late": WINDOW[0] + timedelta(days=10)}
    assert first_seen(days, data_since=WINDOW[0]) == []
    data_since = WINDOW[0] + timedelta(days=10 - LEAD_DAYS)
    assert first_seen(days, data_since=data_since) == [("late", LEAD_DAYS)]


def test_a_reversed_window_is_refused() -> None:
    with pytest.raises(ValueError, match="ends on"):
        find_first_seen({}, since=WINDOW[1], until=WINDOW[0], data_since=DATA_SINCE)
