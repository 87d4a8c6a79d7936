"""Weeks from which on a rate is another one."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.signals.series.change_points import find_changes
from monitor.signals.series.daily_series import DailySeries

MONDAY = date(2026, 1, 5)


def series_of(rates: list[float], mentions: int = 100, seed: int = 1) -> DailySeries:
    """Return a series with one rate per week, and Poisson cases."""
    per_day = np.repeat(rates, 7)
    cases = np.random.default_rng(seed).poisson(per_day * mentions)
    return DailySeries(MONDAY, cases, np.full(len(per_day), mentions))


def test_one_rate_has_no_change() -> None:
    assert find_changes(series_of([0.05] * 30)) == []


def test_a_higher_rate_is_a_change_from_its_first_week_on() -> None:
    (change,) = find_changes(series_of([0.05] * 12 + [0.15] * 12))
    assert change.monday == MONDAY + timedelta(weeks=12)
    assert change.rate_before == pytest.approx(0.05, rel=0.2)
    assert change.rate_after == pytest.approx(0.15, rel=0.2)
    assert change.p_value <= 0.01


def test_up_and_down_are_two_changes() -> None:
    changes = find_changes(series_of([0.05] * 10 + [0.2] * 10 + [0.05] * 10))
    assert [(change.monday - MONDAY).days // 7 for change in changes] == [10, 20]
    assert changes[0].rate_after == changes[1].rate_before == pytest.approx(0.2, rel=0.2)


def test_more_posts_about_the_drug_do_not_change_the_rate() -> None:
    cases = np.repeat([5, 20], 70)
    assert find_changes(DailySeries(MONDAY, cases, cases * 20)) == []


def test_clusters_of_cases_do_not_make_a_change() -> None:
    weeks = np.where(np.arange(20) % 2, 30, 2)
    cases = np.zeros(140, dtype=np.int64)
    cases[::7] = weeks
    assert find_changes(DailySeries(MONDAY, cases, np.full(140, 100))) == []


def test_weeks_that_are_not_whole_do_not_count() -> None:
    series = series_of([0.05] * 20)
    cases = np.concatenate([[500] * 3, series.cases, [500] * 3])
    longer = DailySeries(MONDAY - timedelta(days=3), cases, np.full(len(cases), 100))
    assert find_changes(longer) == find_changes(series) == []


def test_the_same_seed_gives_the_same_changes() -> None:
    series = series_of([0.05] * 12 + [0.09] * 12)
    assert find_changes(series, seed=3) == find_changes(series, seed=3)


def test_false_changes_stay_near_alpha() -> None:
    """Of 40 series at 5%, 2 are expected; 8 would come by chance once in 1000 runs."""
    changed = sum(bool(find_changes(series_of([0.02] * 20, seed=seed), alpha=0.05)) for seed in range(40))
    assert changed < 8


@settings(max_examples=25, deadline=None)
@given(
    numbers=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 50)), max_size=60),
    start=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
)
def test_any_series_has_ordered_changes_inside(numbers: list[tuple[int, int]], start: date) -> None:
    columns = np.array(numbers, dtype=np.int64).reshape(-1, 2)
    changes = find_changes(DailySeries(start, columns[:, 0], columns[:, 1]))
    mondays = [change.monday for change in changes]
    assert mondays == sorted(set(mondays))
    assert all(start <= monday < start + timedelta(days=len(numbers)) for monday in mondays)
    assert all(change.rate_before != change.rate_after for change in changes)


def test_an_impossible_alpha_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        find_changes(series_of([0.1]), alpha=0)
