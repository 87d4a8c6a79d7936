"""Count the cases of all days again whose cases have changed, two ranges of days at a time.

Each range is a transaction of its own. So a refresh may be interrupted at any moment: the next one goes on
with the days that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from monitor.errors import MonitorError
from monitor.settings import Settings
from monitor.store.connections import migrating_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.signals import refresh_statements as sql
from monitor.store.signals.reviewed_cases import NOTE_DAYS_OF_AUTHORS, NOTE_RIGHT_EVENTS

SESSIONS: Final = 2
"""Ranges that are counted at the same time, each by a server process of its own."""

DAYS_AT_ONCE: Final = 31
"""Days of a range. The server reads the cases of a range once."""

# The posts of a range are looked up by their ids. The planner would read all posts for each range instead.
_TUNE: Final = text(
    "SELECT set_config('work_mem', '256MB', true), set_config('jit', 'off', true), "
    "set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), "
    "set_config('enable_mergejoin', 'off', true)"
)


class RefreshRunningError(MonitorError):
    """Another refresh is active."""


@dataclass(frozen=True, slots=True)
class RefreshedDays:
    """What a refresh did.

    Attributes:
        days: number of days that were counted again.
        cases: number of cases on these days that count, by their original codes.
        late_cases: number of cases that no count has, because they came after their days had become final.
        late_days: number of these final days.
    """

    days: int
    cases: int
    late_cases: int = 0
    late_days: int = 0


def refresh_counts(
    settings: Settings,
    *,
    every_day: bool = False,
    sessions: int = SESSIONS,
    advance: Callable[[int, int], None] = lambda done, all_days: None,
) -> RefreshedDays:
    """Count the days again whose cases have changed since they were counted.

    Args:
        settings: which database; the login needs the rights of `ade_admin`.
        every_day: all days, also those without a change. Final days keep their counts nevertheless.
        sessions: ranges of days that are counted at the same time.
        advance: called after each range with the number of days so far, and of all days.

    Raises:
        RefreshRunningError: another refresh is active.
        RetryableError: the database is away; the ranges that were finished stay.
        FatalError: the login may not write, or the database was not migrated.
    """
    database = settings.database
    engine = migrating_engine(database)
    with translate_driver_errors(database), engine.connect() as connection:
        if not connection.scalar(sql.LOCK):
            raise RefreshRunningError(
                "another refresh of the signals is active", "wait until it has ended, or stop it"
            )
        connection.execute(NOTE_DAYS_OF_AUTHORS)
        days = list(connection.execute(sql.ALL_DAYS if every_day else sql.PENDING_DAYS).scalars())
        connection.execute(sql.TAKE_FINAL_CHANGES)
        is_recoded = bool(connection.scalar(sql.HAS_RECODED))
        connection.commit()
        cases = _count_ranges(engine, days, sessions, advance, is_recoded=is_recoded)
        if is_recoded and days:
            connection.execute(sql.NOTE_RECODED_EVENTS)
        connection.execute(NOTE_RIGHT_EVENTS)
        late = connection.execute(sql.COUNT_LATE).one()
        connection.commit()
    return RefreshedDays(len(days), cases, late.cases, late.days)


def _count_ranges(
    engine: Engine,
    days: Sequence[date],
    sessions: int,
    advance: Callable[[int, int], None],
    *,
    is_recoded: bool,
) -> int:
    cases = done = 0
    with ThreadPoolExecutor(sessions, thread_name_prefix="signals") as pool:
        waiting = {
            pool.submit(_count_range, engine, some, is_recoded=is_recoded): len(some)
            for some in _ranges(days)
        }
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_EXCEPTION, timeout=0.2).done:
                    cases += future.result()
                    done += waiting.pop(future)
                    advance(done, len(days))
        finally:
            pool.shutdown(cancel_futures=True)
    return cases


def _ranges(days: Sequence[date]) -> Iterator[list[date]]:
    """Yield the days in ranges that are no longer than `DAYS_AT_ONCE`, without large gaps in them."""
    some: list[date] = []
    for day in days:
        if some and day - some[0] >= timedelta(days=DAYS_AT_ONCE):
            yield some
            some = []
        some.append(day)
    if some:
        yield some


def _count_range(engine: Engine, days: Sequence[date], *, is_recoded: bool) -> int:
    with engine.begin() as connection:
        connection.execute(_TUNE)
        return count_days(connection, days, is_recoded=is_recoded)


def count_days(connection: Connection, days: Sequence[date], *, is_recoded: bool = True) -> int:
    """Count days again in the caller's transaction, and return the number of their cases.

    Args:
        connection: in a transaction.
        days: in their order.
        is_recoded: False if no mention was recoded, which saves a query.
    """
    first, last = days[0], days[-1]
    parameters: dict[str, Any] = {
        "days": list(days),
        "start": datetime.combine(first, time(), UTC),
        "end": datetime.combine(last + timedelta(days=1), time(), UTC),
    }
    connection.execute(sql.TAKE_CHANGES, parameters)
    connection.execute(sql.REMOVE_COUNTS, parameters)
    connection.execute(sql.COUNT_CASES, parameters)
    if is_recoded:
        connection.execute(sql.COUNT_RECODED, parameters)
    connection.execute(sql.NOTE_DAYS, parameters)
    cases = int(connection.scalar(sql.SUM_CASES, parameters) or 0)
    # Last, because another session may wait for these rows.
    connection.execute(sql.NOTE_EVENTS, parameters)
    return cases
