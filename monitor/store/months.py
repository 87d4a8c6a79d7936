"""Partitions of months: they are made when posts of a new month come, and dropped when all their posts go.

A partition cannot be made while somebody reads for long. Then the posts of that month lie in the partition of
other times, as those with odd dates do. Nothing is lost by that, but such a month goes post by post.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

PARTITIONED: Final = ("tweets", "predictions", "mentions", "post_drugs", "post_facts")
"""The tables of which each month has a partition; each refers to one before it."""

_PARTITION: Final = re.compile(rf"({'|'.join(PARTITIONED)})_(other|earlier|\d{{4,}}_\d\d)")

AHEAD: Final = timedelta(days=7)
"""A month is made so long before it begins, so that there is time for other attempts."""

PAUSE: Final = 60.0
"""Seconds until the next attempt to make a month."""

MAKE_MONTH: Final = text("SELECT make_month(CAST(:month AS date))")

DROP_MONTH: Final = text("SELECT drop_month(CAST(:month AS date))")


class Months:
    """Makes the partitions of months, each once.

    Args:
        engine: whose login may call `make_month`: a worker's may.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._made: set[date] = set()
        self._next_attempts: dict[date, float] = {}

    async def make(self, times: Iterable[datetime]) -> None:
        """Make the months of these times (timezone-aware) and, a week before it begins, the next month.

        Raises:
            sqlalchemy.exc.DBAPIError: the database is away or refuses.
        """
        now = time.monotonic()
        months = {month_of(at) for at in times}
        if months:
            months.add(month_of(datetime.now(UTC) + AHEAD))
        for month in sorted(months - self._made):
            if self._next_attempts.get(month, now) > now:
                continue
            # A transaction of its own: one that has written would make the others wait for its locks.
            async with self._engine.begin() as connection:
                if await connection.scalar(MAKE_MONTH, {"month": month}):
                    self._made.add(month)
                else:
                    self._next_attempts[month] = now + PAUSE


def is_partition(table: str | None) -> bool:
    """Return True if this is the name of a partition, of a month or of other times."""
    return table is not None and _PARTITION.fullmatch(table) is not None


def includes_name(name: str | None, kind: str, _: object) -> bool:
    """Return True if alembic compares what has this name: partitions are not among the tables of the code."""
    return kind != "table" or not is_partition(name)


def month_of(at: datetime) -> date:
    """Return the first day of the month of a time (timezone-aware), in UTC."""
    return at.astimezone(UTC).date().replace(day=1)
