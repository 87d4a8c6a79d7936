"""The cases of one pair by day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from sqlalchemy import text

from monitor.findings import INGREDIENT_SEPARATOR
from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.signals.window_counts import Window

_COUNT_BY_DAY: Final = text(
    "SELECT day, CAST(sum(cases) AS bigint) FROM signal_counts WHERE ptid = ANY(CAST(:ptids AS text[])) "
    "AND :drug = ANY(string_to_array(drug, :separator)) AND coding = :coding "
    "AND (CAST(:since AS date) IS NULL OR day >= :since) AND (CAST(:until AS date) IS NULL OR day < :until) "
    "AND (CAST(:platform AS text) IS NULL OR platform = :platform) "
    "AND (CAST(:lang AS text) IS NULL OR lang = :lang) GROUP BY day ORDER BY day"
)


def cases_by_day(settings: Settings, drug: str, ptids: Collection[str], window: Window) -> Mapping[date, int]:
    """Return the number of cases of each day with a case of a drug and one of these PTs.

    Args:
        settings: which database.
        drug: an ingredient; cases of combinations with it count, too.
        ptids: codes of PTs.
        window: which cases.

    Raises:
        RetryableError: the database is away, or needed longer than `database.statement_timeout`.
        FatalError: the login was refused, or the database was not migrated.
    """
    parameters = {
        "drug": drug,
        "ptids": sorted(ptids),
        "separator": INGREDIENT_SEPARATOR,
        "since": window.since,
        "until": window.until,
        "platform": window.platform,
        "lang": window.lang,
        "coding": window.coding,
    }
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return {row[0]: row[1] for row in connection.execute(_COUNT_BY_DAY, parameters)}
