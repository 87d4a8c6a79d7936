"""Durations and hours as people write them in the rules file: "6h", "22:00-07:00"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

_DURATION: Final = re.compile(r"(\d{1,9})\s*([smhdw])", re.IGNORECASE | re.ASCII)
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_HOURS: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)

LONGEST: Final = 366 * 86_400
"""Longest cooldown in seconds, a year."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of each day in which alerts wait.

    Attributes:
        start: first minute of them.
        end: first minute after them. It may be before `start`: then they last over midnight.
        time_zone: name of their time zone, as in "Europe/Berlin".
    """

    start: time
    end: time
    time_zone: str

    def contain(self, moment: datetime) -> bool:
        """Return True if a time, timezone-aware, is within them."""
        local = moment.astimezone(ZoneInfo(self.time_zone)).time()
        if self.start < self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def record(self) -> dict[str, str]:
        """Return them as a JSON object, as in alerts."""
        return {"start": f"{self.start:%H:%M}", "end": f"{self.end:%H:%M}", "time_zone": self.time_zone}

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M} {self.time_zone}"


def parse_duration(text: str) -> int:
    """Return the seconds of "90s", "30m", "6h", "2d" or "1w".

    Raises:
        ValueError: it is something else, zero, or longer than `LONGEST`.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text:.40}" is not a duration: write 90s, 30m, 6h, 2d or 1w')
    seconds = int(match[1]) * _UNITS[match[2].lower()]
    if not 0 < seconds <= LONGEST:
        raise ValueError(f'"{text:.40}" must be from 1s to 366d')
    return seconds


def parse_hours(text: str) -> tuple[time, time]:
    """Return the two times of "22:00-07:00".

    Raises:
        ValueError: it is something else, or both times are the same.
    """
    match = _HOURS.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        start, end = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    except ValueError:
        raise ValueError(f'"{text:.40}" are not hours of a day: write "22:00-07:00"') from None
    if start == end:
        raise ValueError(f'"{text:.40}" has no hour in it')
    return start, end


def require_time_zone(name: str) -> str:
    """Return the name of a time zone.

    Raises:
        ValueError: there is none of this name.
    """
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(
            f'"{name:.60}" is not a time zone: write one like "Europe/Berlin" or "UTC"'
        ) from None
    return name


def duration_in_words(seconds: int) -> str:
    """Return seconds in their largest unit: "6h"."""
    for unit, size in reversed(_UNITS.items()):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
