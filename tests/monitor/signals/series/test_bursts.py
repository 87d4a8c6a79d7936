"""Bursts of cases, compared with the weeks before."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.signals.series.bursts import ALPHA, LEAST_CASES, compare_days, find_bursts
from monitor.signals.series.daily_series import DailySeries

MONDAY = date(2026, 3, 2)
DAYS = 100


def steady(mentions: int = 100, cases: int = 2) -> DailySeries:
    return DailySeries(MONDAY, np.full(DAYS, cases), np.full(DAYS, mentions))


def test_a_steady_series_has_no_burst() -> None:
    assert find_bursts(steady()) == []


def test_days_with_many_cases_are_one_burst() -> None:
    series = steady()
    series.cases[[80, 81, 83]] = 15
    (burst,) = find_bursts(series)
    assert (burst.first, burst.last) == (MONDAY + timedelta(days=80), MONDAY + timedelta(days=83))
    assert burst.cases == 47
    assert burst.expected == pytest.approx(8, abs=0.5)
    assert burst.p_value < 1e-6


def test_two_bursts_far_apart_are_two() -> None:
    series = steady()
    series.cases[[60, 80]] = 15
    assert [(burst.first - MONDAY).days for burst in find_bursts(series)] == [60, 80]


def test_more_posts_about_the_drug_do_not_make_a_burst() -> None:
    series = steady()
    series.cases[80], series.mentions[80] = 15, 750
    assert find_bursts(series) == []


def test_a_weekday_that_always_has_more_cases_is_not_a_burst() -> None:
    mondays = np.arange(DAYS) % 7 == 0
    series = DailySeries(MONDAY, np.where(mondays, 30, 10), np.full(DAYS, 1000))
    assert find_bursts(series) == []
    series.cases[85] = 30
    assert [burst.first.weekday() for burst in find_bursts(series)] == [1]


def test_noisy_baselines_have_higher_thresholds() -> None:
    """Weeks with 0 and with 20 cases a day have a mean of ten and a dispersion of about ten."""
    calm, noisy = steady(1000, 10), steady(1000, 10)
    noisy.cases[:] = np.where((np.arange(DAYS) // 7) % 2, 0, 20)
    calm.cases[90] = noisy.cases[90] = 28
    assert compare_days(calm).p_values[90] < 1e-3 < compare_days(noisy).p_values[90]


def test_a_past_burst_does_not_hide_the_next_one() -> None:
    series = steady()
    series.cases[60:63] = 60
    assert [(burst.first - MONDAY).days for burst in find_bursts(series)] == [60]
    series.cases[80] = 15
    assert [(burst.first - MONDAY).days for burst in find_bursts(series)] == [60, 80]


def test_few_cases_do_not_make_a_burst_after_weeks_without_any() -> None:
    series = steady(10000, 0)
    series.cases[80] = LEAST_CASES - 1
    assert find_bursts(series) == []
    series.cases[80] = LEAST_CASES + 1
    assert len(find_bursts(series)) == 1


def test_later_days_do_not_change_earlier_thresholds() -> None:
    series, changed = steady(), steady()
    changed.cases[70:] = 50
    before, after = compare_days(series).p_values[:70], compare_days(changed).p_values[:70]
    assert np.array_equal(before, after, equal_nan=True)


def test_steady_noise_is_rarely_above_its_threshold() -> None:
    """Of about 700 days, at most 0.7 false alarms are expected; 7 would come by chance once in 9,000 runs."""
    random = np.random.default_rng(5)
    above = 0
    for _ in range(3):
        series = DailySeries(MONDAY, random.poisson(5, 250), np.full(250, 100))
        above += int(compare_days(series).above.sum())
    assert above <= 6


@settings(max_examples=25, deadline=None)
@given(
    numbers=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 50)), max_size=45),
    start=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)
def test_any_series_has_ordered_bursts_with_enough_cases(numbers: list[tuple[int, int]], start: date) -> None:
    columns = np.array(numbers, dtype=np.int64).reshape(-1, 2)
    bursts = find_bursts(DailySeries(start, columns[:, 0], columns[:, 1]))
    for burst in bursts:
        assert start <= burst.first <= burst.last < start + timedelta(days=len(numbers))
        assert burst.cases >= LEAST_CASES
        assert 0 <= burst.p_value <= ALPHA
    assert all(a.last < b.first for a, b in pairwise(bursts))


def test_an_impossible_alpha_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        find_bursts(steady(), alpha=1)
