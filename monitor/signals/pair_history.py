"""The history of one pair: its weeks, with the bursts and the changes of its rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from monitor.settings import Settings
from monitor.signals.event_choice import choose_events
from monitor.signals.series import (
    Burst,
    RateChange,
    WeekCounts,
    fill_days,
    find_bursts,
    find_changes,
    weekly,
)
from monitor.signals.signal_report import SignalRequest
from monitor.store.signals import Coverage, Window, read_coverage
from monitor.store.signals.drug_mentions import mentions_by_day
from monitor.store.signals.pair_series import cases_by_day


@dataclass(frozen=True, slots=True)
class PairHistory:
    """What became of a pair.

    Attributes:
        drug: name of the drug.
        events: names of the PTs.
        weeks: from the first to the last day of the window, or of the data.
        bursts: days with more cases than expected.
        changes: weeks from which on the rate is another one.
        first_day: the first day of the window with a case; None without one.
        coverage: which days were counted.
    """

    drug: str
    events: Sequence[str]
    weeks: Sequence[WeekCounts]
    bursts: Sequence[Burst]
    changes: Sequence[RateChange]
    first_day: date | None
    coverage: Coverage


def read_history(settings: Settings, drug: str, pt: str, window: Window) -> PairHistory:
    """Return the history of a pair.

    The mentions of the drug are those of all platforms and languages: other ones are not counted.

    Args:
        settings: which database; a login of `ade_reader` is enough.
        drug: canonical name of an ingredient.
        pt: code or name of a PT.
        window: which cases.

    Raises:
        UnknownEventError: no case has the PT.
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    choice = choose_events(settings, SignalRequest(window=window, pt=pt))
    ptids = choice.shown or frozenset()
    coverage = read_coverage(settings)
    cases = cases_by_day(settings, drug, ptids, window)
    first = window.since or coverage.first
    last = coverage.last if window.until is None else window.until - timedelta(days=1)
    events = sorted(choice.names.get(code, code) for code in ptids)
    if first is None or last is None or last < first:
        return PairHistory(drug, events, (), (), (), None, coverage)
    mentions = {day: seen for day, seen in mentions_by_day(settings, drug).items() if first <= day <= last}
    series = fill_days(first, last, cases, mentions)
    return PairHistory(
        drug,
        events,
        weekly(series),
        find_bursts(series),
        find_changes(series),
        min(cases, default=None),
        coverage,
    )
