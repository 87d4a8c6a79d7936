"""Dates of platforms and tables: any notation becomes RFC 3339, as the contract needs it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

MISSING_WORDS: Final = frozenset(
    ("", "-", "null", "none", "nan", "nat", "n/a", "na", "<na>", "\\n", "undefined", "unknown")
)
"""What programs write for a value that is not there, in lower case."""

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
"""The first letters of the English months, in lower case."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# How many of a unit are a second. The ranges of 1973 to 2103 do not overlap, so the size shows the unit.
_UNITS: Final = (1, 1_000, 1_000_000, 1_000_000_000)
_FIRST_SECOND: Final = 100_000_000
_LAST_SECOND: Final = 4_200_000_000

_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
# Hours from UTC of the zones that dates name. Other names, such as IST, have several meanings.
_ZONE_HOURS: Final = {
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "WET": 0,
    "WEST": 1,
    "CET": 1,
    "CEST": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
}
_ZONE_NAMES: Final = "|".join(_ZONE_HOURS)
_TIME: Final = (
    r"(?P<hour>[0-9]{1,2}):?(?P<minute>[0-9]{2})(?::?(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9})[0-9]*)?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
)
_ZONE: Final = (
    rf"(?: *(?P<zone>[Zz]|UTC|GMT|{_ZONE_NAMES}|(?:UTC|GMT)?[+-][0-9]{{1,2}}(?::?[0-9]{{2}})?)"
    r"(?: \(?(?:UTC|GMT)\)?)?)?"
)
_YEAR_FIRST: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:(?P<m>[0-9]{2})(?P<d>[0-9]{2})|([-/.])(?P<month>[0-9]{1,2})\4(?P<day>[0-9]{1,2}))"
    rf"(?:(?:[Tt_]|,? +|){_TIME}{_ZONE})?"
)
# API v1.1: Wed Oct 10 20:19:24 +0000 2018.
_YEAR_LAST: Final = re.compile(
    rf"[A-Za-z]{{3}} (?P<name>[A-Za-z]{{3}}) +(?P<day>[0-9]{{1,2}}) {_TIME}{_ZONE} (?P<year>[0-9]{{4}})"
)
# RFC 2822: Wed, 10 Oct 2018 20:19:24 +0000.
_DAY_FIRST: Final = re.compile(
    rf"(?:[A-Za-z]{{3}}, )?(?P<day>[0-9]{{1,2}}) (?P<name>[A-Za-z]{{3}}) (?P<year>[0-9]{{4}}) {_TIME}{_ZONE}"
)
_NUMBER: Final = re.compile(r"[0-9]{1,19}(?:\.[0-9]*)?(?:[eE]\+?[0-9]{1,2})?")
_CLOCK: Final = re.compile(f"{_TIME}{_ZONE}")


def to_rfc3339(value: Any) -> Any:
    """Return a date as RFC 3339, None if it is missing, or the value itself if it is not a known notation.

    Known are ISO 8601, also with spaces, without seconds or without a time; the dates of API v1.1 and of
    RFC 2822; seconds, milliseconds, microseconds and nanoseconds since 1970; and Python's dates. A date
    without a time zone is in UTC. The contract refuses what is returned unchanged.
    """
    if isinstance(value, str):
        return value if _RFC3339.fullmatch(value) else _from_text(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and 19_700_101 <= value <= 20_991_231:
        day = _from_text(str(value))
        return value if day == str(value) else day
    if isinstance(value, int | float):
        # NaN is the only number that differs from itself.
        return None if value != value else _from_number(value) or value
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime.combine(value, time())
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).isoformat()
    return value


def is_missing(text: str) -> bool:
    """Return True if a text stands for a value that is not there: blank, NULL, NaN, n/a and the like."""
    return text.strip().lower() in MISSING_WORDS


def clock_time(text: str) -> str | None:
    """Return a time of day, such as 9:26 PM or 09:26:53 +0200, as RFC 3339 writes it; None if it is not one.

    Without a time zone it is in UTC.
    """
    match = _CLOCK.fullmatch(text.strip())
    return _time(match) if match else None


def _from_text(value: str) -> str | None:
    text = value.strip()
    if text.lower() in MISSING_WORDS:
        return None
    if _NUMBER.fullmatch(text):
        number = int(text) if text.isdigit() else float(text)
        if (moment := _from_number(number)) is not None:
            return moment
    if match := _YEAR_FIRST.fullmatch(text):
        month, day = int(match["month"] or match["m"]), int(match["day"] or match["d"])
    elif match := _YEAR_LAST.fullmatch(text) or _DAY_FIRST.fullmatch(text):
        name = match["name"].lower()
        if name not in MONTHS:
            return value
        month, day = MONTHS.index(name) + 1, int(match["day"])
    else:
        return value
    clock = _time(match) if match["hour"] else "00:00:00Z"
    return value if clock is None else f"{match['year']}-{month:02}-{day:02}T{clock}"


def _time(match: re.Match[str]) -> str | None:
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] in "pP" else 0)
    fraction = f".{match['fraction']}" if match["fraction"] else ""
    return f"{hour:02}:{match['minute']}:{match['second'] or '00'}{fraction}{_zone(match['zone'])}"


def _zone(zone: str | None) -> str:
    if (hours_from_utc := _ZONE_HOURS.get(zone or "")) is not None:
        return f"{hours_from_utc:+03}:00"
    digits = re.sub("[^0-9]", "", zone or "")
    if zone is None or not digits:
        return "Z"
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "00")
    return f"{'-' if '-' in zone else '+'}{hours:>02}:{minutes}"


def _from_number(number: float) -> str | None:
    """Return the moment of a Unix time, or None if the number is outside the ranges of all units."""
    for unit in _UNITS:
        if _FIRST_SECOND * unit <= number < _LAST_SECOND * unit:
            microseconds = (
                number * 1_000_000 // unit if isinstance(number, int) else number / unit * 1_000_000
            )
            return (_EPOCH + timedelta(microseconds=int(microseconds))).isoformat().replace("+00:00", "Z")
    return None
