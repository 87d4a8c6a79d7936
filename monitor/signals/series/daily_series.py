"""Cases of a pair and mentions of its drug, by day and by week.

Days are UTC days, so each has 24 hours. A rate is cases per post that names the drug, negatives too. A wave
of posts about a drug raises its cases and its mentions alike, and leaves the rate where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

DAYS_OF_WEEK: Final = 7
_TAIL: Final = 0.025

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class DailySeries:
    """Counts of consecutive days. Days without a case are in it, as zeros.

    Attributes:
        start: the first day.
        cases: [days] cases of the pair.
        mentions: [days] posts that name the drug. A day may have more cases than mentions: the case counts on
            the day of its first post, which may name the drug by its context only.

    Raises:
        ValueError: if the lengths differ or a count is negative.
    """

    start: date
    cases: Counts
    mentions: Counts

    def __post_init__(self) -> None:
        if self.cases.shape != self.mentions.shape or self.cases.ndim != 1:
            raise ValueError(
                f"cases have the shape {self.cases.shape} and mentions {self.mentions.shape}: "
                "both need one number per day"
            )
        if self.cases.size and min(self.cases.min(), self.mentions.min()) < 0:
            raise ValueError("a day has a negative count")

    def __len__(self) -> int:
        return len(self.cases)

    def day(self, index: int) -> date:
        """Return the day at a position, from 0."""
        return self.start + timedelta(days=index)

    def weekdays(self) -> Counts:
        """Return the weekday of each day, 0 for Monday, [days]."""
        return (self.start.weekday() + np.arange(len(self))) % DAYS_OF_WEEK


@dataclass(frozen=True, slots=True)
class WeekCounts:
    """A week of a series, from Monday to Sunday.

    Attributes:
        monday: its first day, also if the series begins later.
        days: days of the week that are in the series; 7 unless it is the first or the last week.
        cases: of the pair.
        mentions: of the drug.
        rate: cases per mention; None without mentions.
        low, high: its exact 95% interval for Poisson counts (Garwood 1936); None without mentions.
    """

    monday: date
    days: int
    cases: int
    mentions: int
    rate: float | None
    low: float | None
    high: float | None


def fill_days(
    first: date, last: date, cases: Mapping[date, int], mentions: Mapping[date, int]
) -> DailySeries:
    """Return the series of the days `first` to `last`; a day that is in no mapping counts as zero.

    Raises:
        ValueError: if `last` is before the day before `first`, or a count is outside of these days.
    """
    length = (last - first).days + 1
    if length < 0:
        raise ValueError(f"the last day, {last}, is before the first day, {first}")
    series = DailySeries(first, np.zeros(length, dtype=np.int64), np.zeros(length, dtype=np.int64))
    for counts, target in ((cases, series.cases), (mentions, series.mentions)):
        for day, count in counts.items():
            if not first <= day <= last:
                raise ValueError(f"{day} has a count, but the series is from {first} to {last}")
            target[(day - first).days] = count
    return DailySeries(first, series.cases, series.mentions)


def weekly(series: DailySeries) -> list[WeekCounts]:
    """Return the weeks of a series in order, those without a case too."""
    if not len(series):
        return []
    offset = series.start.weekday()
    monday = series.start - timedelta(days=offset)
    week_of_day = (offset + np.arange(len(series))) // DAYS_OF_WEEK
    columns: Iterable[Any] = zip(
        np.bincount(week_of_day).tolist(),
        _sums(week_of_day, series.cases),
        _sums(week_of_day, series.mentions),
        strict=True,
    )
    return [
        WeekCounts(monday + timedelta(weeks=week), days, cases, mentions, *_rate(cases, mentions))
        for week, (days, cases, mentions) in enumerate(columns)
    ]


def _sums(groups: Counts, counts: Counts) -> list[int]:
    sums = np.zeros(int(groups[-1]) + 1, dtype=np.int64)
    np.add.at(sums, groups, counts)
    return [int(number) for number in sums]


def _rate(cases: int, mentions: int) -> tuple[float | None, float | None, float | None]:
    if not mentions:
        return None, None, None
    low = float(gamma.ppf(_TAIL, cases)) if cases else 0.0
    high = float(gamma.ppf(1 - _TAIL, cases + 1))
    return cases / mentions, low / mentions, high / mentions
