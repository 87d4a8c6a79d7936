"""First-seen pairs: pairs that had no case before a window."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Generic, TypeVar

LEAD_DAYS: Final = 56
"""Days of data that must lie before a first case. In a young database, all pairs are new."""

Pair = TypeVar("Pair", bound=Hashable)


@dataclass(frozen=True, slots=True)
class FirstSeen(Generic[Pair]):
    """A pair and the day of its first case.

    Attributes:
        pair: as the caller names it.
        day: of its first case.
        days_before: days of data before that one in which it had no case.
    """

    pair: Pair
    day: date
    days_before: int


def find_first_seen(
    first_days: Mapping[Pair, date],
    *,
    since: date,
    until: date,
    data_since: date,
    lead_days: int = LEAD_DAYS,
) -> list[FirstSeen[Pair]]:
    """Return the pairs whose first case ever is in a window, the latest first.

    Args:
        first_days: day of the first case of each pair, in all data.
        since: first day of the window.
        until: last day of the window.
        data_since: first day of the data. Retention may have removed older cases.
        lead_days: days of data that must lie before a first case.

    Raises:
        ValueError: if `until` is before `since`.
    """
    if until < since:
        raise ValueError(f"the window ends on {until}, before it begins on {since}")
    earliest = max(since, data_since + timedelta(days=lead_days))
    pairs = [
        FirstSeen(pair, day, (day - data_since).days)
        for pair, day in first_days.items()
        if earliest <= day <= until
    ]
    return sorted(pairs, key=lambda entry: entry.day, reverse=True)
