"""Which pairs of a window are seen for the first time, and which ones rise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np

from monitor.findings import INGREDIENT_SEPARATOR
from monitor.settings import Settings
from monitor.signals.pair_table import EventsOf, PairTable, build_pairs
from monitor.signals.series import PeriodCounts, compare_periods, find_first_seen
from monitor.store.signals import Coverage, Window, read_first_days, read_window
from monitor.store.signals.drug_mentions import count_mentions

EARLIER_WINDOWS: Final = 3
"""How many times as long as the window the time before it is, with which rising pairs are compared."""

PairName = tuple[str, str]
"""Drug, and code of the event."""


def first_seen_pairs(
    settings: Settings, window: Window, coverage: Coverage, events_of: EventsOf | None
) -> Mapping[PairName, date]:
    """Return the pairs whose first case ever is in the window, with its day; none without a first day.

    Pairs count only if 56 days of data lie before (`find_first_seen`).
    """
    last = _last_day(window, coverage)
    if window.since is None or coverage.first is None or last is None or last < window.since:
        return {}
    first: dict[PairName, date] = {}
    for (drugs, ptid), day in read_first_days(settings, window).items():
        for drug in drugs.split(INGREDIENT_SEPARATOR):
            for code in [ptid] if events_of is None else events_of(ptid):
                first[drug, code] = min(day, first.get((drug, code), day))
    new_pairs = find_first_seen(first, since=window.since, until=last, data_since=coverage.first)
    return {entry.pair: entry.day for entry in new_pairs}


def rising_pairs(
    settings: Settings, window: Window, coverage: Coverage, table: PairTable, events_of: EventsOf | None
) -> frozenset[PairName]:
    """Return the pairs with more cases per mention in the window than before it (`compare_periods`).

    Args:
        settings: which database.
        window: with a first day, and without a platform and a language, for which mentions are not counted.
        coverage: which days were counted.
        table: the pairs of the window.
        events_of: the groups of a PT, or None.
    """
    last = _last_day(window, coverage)
    if window.since is None or last is None or last < window.since or not len(table):
        return frozenset()
    length = (last - window.since).days + 1
    start = window.since - timedelta(days=EARLIER_WINDOWS * length)
    before = build_pairs(read_window(settings, Window(start, window.since, coding=window.coding)), events_of)
    earlier = {
        (before.drugs[drug], before.events[event]): cases
        for drug, event, cases in zip(before.drug, before.event, before.counts.both, strict=True)
    }
    recent_mentions = count_mentions(settings, table.drugs, window.since, last + timedelta(days=1))
    earlier_mentions = count_mentions(settings, table.drugs, start, window.since)
    names = [
        (table.drugs[drug], table.events[event]) for drug, event in zip(table.drug, table.event, strict=True)
    ]
    ratios = compare_periods(
        PeriodCounts(
            table.counts.both,
            np.array([recent_mentions.get(drug, 0) for drug, _ in names], np.float64),
            np.array([earlier.get(name, 0) for name in names], np.float64),
            np.array([earlier_mentions.get(drug, 0) for drug, _ in names], np.float64),
        )
    )
    return frozenset(names[pair] for pair in np.flatnonzero(ratios.rising))


def _last_day(window: Window, coverage: Coverage) -> date | None:
    return coverage.last if window.until is None else window.until - timedelta(days=1)
