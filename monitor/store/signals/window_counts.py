"""The counts of a window, as arrays: for tables of signals, and by day for one pair."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.signals.refresh_statements import LATE_DAYS

Integers = npt.NDArray[np.int64]

_ROWS: Final = """
    SELECT drug, ptid, {strata}, sum(cases), sum(authors), min(day) FROM signal_counts
    WHERE {conditions} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_FIRST_DAYS: Final = """
    SELECT drug, ptid, min(day) FROM signal_counts WHERE {conditions} AND drug <> '' AND ptid <> ''
    GROUP BY 1, 2
"""
_COVERAGE: Final = text(
    "SELECT (SELECT min(day) FROM signal_counts), (SELECT max(day) FROM signal_counts), "  # noqa: S608
    "(SELECT max(refreshed_at) FROM signal_days), "
    "(SELECT count(DISTINCT c.day) FROM signal_changes AS c LEFT JOIN signal_days AS d USING (day) "
    f"WHERE d.final IS NOT TRUE), ({LATE_DAYS})"
)
_NAMES: Final = text("SELECT ptid, pt_name FROM signal_events WHERE coding = :coding")

_CONDITIONS: Final = {
    "coding": "coding = :coding",
    "since": "day >= CAST(:since AS date)",
    "until": "day < CAST(:until AS date)",
    "platform": "platform = :platform",
    "lang": "lang = :lang",
}
_STRATA: Final = {
    (): "CAST('' AS text)",
    ("platform",): "platform",
    ("lang",): "lang",
    ("lang", "platform"): "platform || ' ' || lang",
}


@dataclass(frozen=True, slots=True)
class Window:
    """Which cases to count; a field that is None lets all of them through.

    Attributes:
        since: the first day.
        until: the day after the last one.
        platform: where the first post of the case is from; an empty text for cases without a platform.
        lang: language tag of that post; an empty text for cases without one.
        coding: the release that the PTs are coded by; empty for the original codes.
    """

    since: date | None = None
    until: date | None = None
    platform: str | None = None
    lang: str | None = None
    coding: str = ""

    @classmethod
    def between(
        cls,
        start: datetime | None,
        end: datetime | None,
        *,
        platform: str | None = None,
        lang: str | None = None,
        coding: str = "",
    ) -> Window:
        """Return a window of whole days in UTC; the day of `end` is in it unless `end` is its midnight."""
        until = end and end.date()
        if end and until and end.timetz().replace(tzinfo=None) != time.min:
            until += timedelta(days=1)
        return cls(start and start.date(), until, platform, lang, coding)


@dataclass(frozen=True, slots=True, eq=False)
class WindowCounts:
    """The cases of a window with a drug and a code, by drug, PT and stratum.

    Attributes:
        drugs: names of the drugs; combinations have several ingredients.
        ptids: codes of the PTs.
        strata: names of the strata; one empty name without strata.
        drug: [rows] index of the drug.
        ptid: [rows] index of the PT.
        stratum: [rows] index of the stratum.
        cases: [rows] number of cases.
        authors: [rows] number of cases among them whose author is known.
        first_day: [rows] the first day with a case in the window, in days since 1970.
        uncoded: number of cases of the window with a drug, but without a code. They are in no row.
        without_drug: number of cases without a drug. They are in no row.
    """

    drugs: Sequence[str]
    ptids: Sequence[str]
    strata: Sequence[str]
    drug: Integers
    ptid: Integers
    stratum: Integers
    cases: Integers
    authors: Integers
    first_day: Integers
    uncoded: int = 0
    without_drug: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the counts go.

    Attributes:
        first: the first day with a case; None if there is none.
        last: the last one.
        refreshed_at: when a day was last counted; None if none ever was.
        pending: number of days that have changed since they were counted.
        late_days: number of final days with cases that came too late for their counts.
    """

    first: date | None
    last: date | None
    refreshed_at: datetime | None
    pending: int
    late_days: int = 0


def read_window(
    settings: Settings, window: Window | None = None, *, strata: Collection[str] = ()
) -> WindowCounts:
    """Return the counts of a window.

    Args:
        settings: which database.
        window: which cases; all of them by default.
        strata: `platform`, `lang`, or both: what the rows are divided by as well.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    conditions, values = _conditions(window or Window())
    query = text(_ROWS.format(conditions=conditions, strata=_STRATA[tuple(sorted(set(strata)))]))
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        rows = connection.execute(query, values).all()
    return _as_arrays(rows)


def read_coverage(settings: Settings) -> Coverage:
    """Return which days were counted, and how many have changed since.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return Coverage(*connection.execute(_COVERAGE).one())


def read_event_names(settings: Settings, coding: str = "") -> Mapping[str, str]:
    """Return the names of the PTs that cases have, by their codes.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return {row.ptid: row.pt_name for row in connection.execute(_NAMES, {"coding": coding})}


def read_first_days(settings: Settings, window: Window) -> Mapping[tuple[str, str], date]:
    """Return the first day ever with a case of each drug and PT, up to the end of the window.

    Args:
        settings: which database.
        window: its `since` does not count.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    conditions, values = _conditions(Window(None, window.until, window.platform, window.lang, window.coding))
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        rows = connection.execute(text(_FIRST_DAYS.format(conditions=conditions)), values)
        return {(drug, ptid): day for drug, ptid, day in rows}


def _conditions(window: Window) -> tuple[str, dict[str, Any]]:
    values = {name: getattr(window, name) for name in _CONDITIONS}
    chosen = {name: value for name, value in values.items() if value is not None}
    return " AND ".join(_CONDITIONS[name] for name in chosen), chosen


def _as_arrays(rows: Sequence[Any]) -> WindowCounts:
    counted = [row for row in rows if row[0] and row[1]]
    columns = list(zip(*counted, strict=True)) or [()] * 6
    drugs, drug = _indexed(columns[0])
    ptids, ptid = _indexed(columns[1])
    strata, stratum = _indexed(columns[2])
    return WindowCounts(
        drugs,
        ptids,
        strata or [""],
        drug,
        ptid,
        stratum,
        np.array(columns[3], np.int64),
        np.array(columns[4], np.int64),
        np.array([day.toordinal() for day in columns[5]], np.int64) - date(1970, 1, 1).toordinal(),
        uncoded=sum(int(row[3]) for row in rows if row[0] and not row[1]),
        without_drug=sum(int(row[3]) for row in rows if not row[0]),
    )


def _indexed(names: Sequence[str]) -> tuple[list[str], Integers]:
    """Return the different names in their order, and the index of each one."""
    different = sorted(set(names))
    index = {name: number for number, name in enumerate(different)}
    return different, np.array([index[name] for name in names], np.int64)
