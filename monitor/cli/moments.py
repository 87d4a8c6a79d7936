"""Moments as people write them on a command line: `2026-03-14`, `2026-03-14T09:26Z`, `24h` (ago)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import typer

_AGO = re.compile(r"(\d+)\s*([smhdw])", re.IGNORECASE | re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_moment(written: str | None, option: str, *, now: datetime | None = None) -> datetime | None:
    """Read the moment that an option was given; without a time zone it is UTC, a date alone is its midnight.

    Raises:
        typer.BadParameter: it is neither ISO 8601 nor a number with s, m, h, d or w.
    """
    if written is None:
        return None
    try:
        if ago := _AGO.fullmatch(written.strip()):
            return (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2].lower()]: int(ago[1])})
        moment = datetime.fromisoformat(written.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{option} '{written}' is no moment: write a date (2026-03-14), a date and time "
            "(2026-03-14T09:26:53Z), or how long ago (30m, 24h, 7d, 2w)"
        ) from None
