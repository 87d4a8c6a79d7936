"""How many posts name a drug, the denominator of its rates: of a window, and by day.

If two bundles have scored the posts of an hour, the one that has seen more counts. Posts that only the other
one has scored, in the hour of a change of bundles, are missing then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from sqlalchemy import text

from monitor.settings import Settings
from monitor.store.connections import reading_engine
from monitor.store.driver_errors import translate_driver_errors

_COUNT: Final = text(
    "SELECT drug, CAST(sum(seen) AS bigint) FROM "
    "(SELECT drug, hour, max(seen) AS seen FROM hourly_drug_counts WHERE drug = ANY(CAST(:drugs AS text[])) "
    "AND (CAST(:since AS date) IS NULL OR hour >= CAST(:since AS date) AT TIME ZONE 'UTC') "
    "AND (CAST(:until AS date) IS NULL OR hour < CAST(:until AS date) AT TIME ZONE 'UTC') "
    "GROUP BY drug, hour) AS hours GROUP BY drug"
)
_COUNT_BY_DAY: Final = text(
    "SELECT CAST(hour AT TIME ZONE 'UTC' AS date), CAST(sum(seen) AS bigint) FROM "
    "(SELECT hour, max(seen) AS seen FROM hourly_drug_counts WHERE drug = :drug GROUP BY hour) AS hours "
    "GROUP BY 1 ORDER BY 1"
)


def count_mentions(
    settings: Settings, drugs: Collection[str], since: date | None, until: date | None
) -> Mapping[str, int]:
    """Return the number of posts of a window that name each drug; drugs without one are left out.

    Args:
        settings: which database.
        drugs: ingredients.
        since: the first day; None for no limit.
        until: the day after the last one; None for no limit.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    if not drugs:
        return {}
    parameters = {"drugs": sorted(drugs), "since": since, "until": until}
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return {row[0]: row[1] for row in connection.execute(_COUNT, parameters)}


def mentions_by_day(settings: Settings, drug: str) -> Mapping[date, int]:
    """Return the number of posts of each day (UTC) that name a drug.

    Raises:
        RetryableError: the database is away.
        FatalError: the login was refused, or the database was not migrated.
    """
    database = settings.database
    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return {row[0]: row[1] for row in connection.execute(_COUNT_BY_DAY, {"drug": drug})}
