"""Series of days and weeks."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.signals.series.daily_series import DailySeries, fill_days, weekly

MONDAY = date(2026, 3, 2)

counts = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 500)), max_size=60)
days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


def series_of(start: date, numbers: list[tuple[int, int]]) -> DailySeries:
    columns = np.array(numbers, dtype=np.int64).reshape(-1, 2)
    return DailySeries(start, columns[:, 0], columns[:, 1])


@settings(max_examples=25, deadline=None)
@given(start=days, numbers=counts)
def test_weeks_have_all_cases_and_begin_on_monday(start: date, numbers: list[tuple[int, int]]) -> None:
    weeks = weekly(series_of(start, numbers))
    assert sum(week.cases for week in weeks) == sum(cases for cases, _ in numbers)
    assert sum(week.mentions for week in weeks) == sum(mentions for _, mentions in numbers)
    assert sum(week.days for week in weeks) == len(numbers)
    assert all(week.monday.weekday() == 0 and 1 <= week.days <= 7 for week in weeks)
    assert all(week.days == 7 for week in weeks[1:-1])
    assert all(b.monday - a.monday == timedelta(days=7) for a, b in pairwise(weeks))
    for week in weeks:
        assert (week.rate is None) == (week.mentions == 0)
        if week.rate is not None and week.low is not None and week.high is not None:
            assert 0 <= week.low <= week.rate <= week.high


@settings(max_examples=25, deadline=None)
@given(start=days, present=st.dictionaries(st.integers(0, 40), st.integers(1, 9), max_size=10))
def test_days_without_a_count_are_zeros(start: date, present: dict[int, int]) -> None:
    cases = {start + timedelta(days=day): count for day, count in present.items()}
    series = fill_days(start, start + timedelta(days=40), cases, {})
    assert len(series) == 41
    assert {day: int(series.cases[day]) for day in np.flatnonzero(series.cases)} == present
    assert not series.mentions.any()
    assert [series.day(day) for day in present] == list(cases)
    assert [int(weekday) for weekday in series.weekdays()] == [series.day(day).weekday() for day in range(41)]


def test_a_series_may_be_empty_or_one_day() -> None:
    assert len(fill_days(MONDAY, MONDAY - timedelta(days=1), {}, {})) == 0
    assert weekly(series_of(MONDAY, [])) == []
    (week,) = weekly(series_of(MONDAY + timedelta(days=6), [(2, 10)]))
    assert (week.monday, week.days, week.cases, week.rate) == (MONDAY, 1, 2, 0.2)


def test_the_interval_of_a_rate_is_the_exact_one_of_poisson() -> None:
    (week,) = weekly(series_of(MONDAY, [(4, 100)]))
    # Garwood's limits of 4 cases are 1.090 and 10.242.
    assert (week.low, week.high) == (pytest.approx(0.01090, abs=1e-5), pytest.approx(0.10242, abs=1e-5))


def test_wrong_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="one number per day"):
        DailySeries(MONDAY, np.zeros(3, dtype=np.int64), np.zeros(2, dtype=np.int64))
    with pytest.raises(ValueError, match="negative"):
        series_of(MONDAY, [(-1, 4)])
    with pytest.raises(ValueError, match="before the first day"):
        fill_days(MONDAY, MONDAY - timedelta(days=2), {}, {})
    with pytest.raises(ValueError, match="has a count, but"):
        fill_days(MONDAY, MONDAY, {MONDAY + timedelta(days=1): 1}, {})
