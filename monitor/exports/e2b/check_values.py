"""What is wrong with one value: its type, its length, and the values that are allowed (ICH E2B(R3))."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from monitor.exports.e2b.check_table import Element

_TIME: Final = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d{2})(?:(?P<day>\d{2})(?:(?P<hour>\d{2})(?:(?P<minute>\d{2})"
    r"(?:(?P<second>\d{2})(?:\.\d{1,4})?)?)?)?)?)?(?P<zone>[+-]\d{2}(?:\d{2})?)?"
)
_PARTS: Final = ("year", "month", "day", "hour", "minute", "second")
_FORMATS: Final = {"second": "CCYYMMDDhhmmss+ZZzz", "day": "CCYYMMDD", "year": "CCYY"}
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")
_SLACK: Final = timedelta(days=1)
"""A day without a zone may have begun elsewhere already."""


def value_problem(element: Element, value: str, now: datetime) -> tuple[str, str] | None:
    """Return what is wrong with a value, and what to do; None if it is right.

    Args:
        element: its data element.
        value: the value, without its scheme.
        now: no time may be later.
    """
    if element.length is not None and len(value) > element.length:
        return (
            f"it has {len(value)} characters, and {element.length} are allowed",
            f"shorten it to {element.length} characters",
        )
    if element.values and value not in element.values:
        allowed = ", ".join(sorted(element.values))
        return f"'{value:.40}' is not an allowed value", f"use one of: {allowed}"
    if element.type == "time":
        return _time_problem(element, value, now)
    if element.type in _PATTERNS:
        pattern, advice = _PATTERNS[element.type]
        if not pattern.fullmatch(value):
            return f"'{value:.40}' is not a {element.type}", advice
    if element.type == "attachment":
        return _attachment_problem(value)
    return None


_PATTERNS: Final = {
    "number": (re.compile(r"-?\d+(\.\d+)?"), "write digits, with a point before decimals"),
    "whole number": (re.compile(r"\d+"), "write digits alone"),
    "boolean": (re.compile("true|false"), "write true or false"),
    "country": (re.compile("[A-Z]{2}"), "write two capital letters (ISO 3166-1 alpha-2), or EU"),
    "language": (re.compile("[a-z]{3}"), "write three letters (ISO 639-2)"),
    "MedDRA code": (re.compile(r"\d{8}"), "write the eight digits of a term"),
    "MedDRA version": (re.compile(r"\d{1,2}\.\d"), "write it as in 27.1"),
    "report id": (
        re.compile(r"[A-Z]{2}-[^-]+-.+", re.DOTALL),
        "write country-organisation-number, as in US-EXAMPLEPHARMA-17; the organisation has no hyphen",
    ),
}


def parse_e2b_time(value: str) -> tuple[datetime, int] | None:
    """Return the earliest time that a value stands for, and how many of its six parts it has.

    A value without a time zone counts as UTC. None if it is not a time.
    """
    match = _TIME.fullmatch(value)
    if match is None:
        return None
    parts = [int(match[name]) for name in _PARTS if match[name] is not None]
    try:
        zone = _zone(match["zone"])
        return datetime(*_filled(parts), tzinfo=zone), len(parts)  # type: ignore[misc, arg-type]
    except (ValueError, OverflowError):
        return None


def _filled(parts: list[int]) -> list[int]:
    return [*parts, *[1, 1, 1, 0, 0, 0][len(parts) :]]


def _zone(text: str | None) -> timezone:
    if text is None:
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[3:5] or 0)))


def _time_problem(element: Element, value: str, now: datetime) -> tuple[str, str] | None:
    form = _FORMATS[element.precision]
    parsed = parse_e2b_time(value)
    if parsed is None:
        return f"'{value:.40}' is not a time", f"write it as {form}"
    start, parts = parsed
    least = {"second": 6, "day": 3, "year": 1}[element.precision]
    if parts < least:
        return f"'{value}' is not precise enough", f"write it as {form}"
    try:
        is_later = start > now + (_SLACK if parts < 6 else timedelta(minutes=5))
    except OverflowError:
        is_later = start.year > now.year
    return (f"'{value}' is in the future", "correct the date") if is_later else None


def _attachment_problem(value: str) -> tuple[str, str] | None:
    if _BASE64.fullmatch(value):
        return None
    return "the attachment is not in Base64", "encode the file in Base64"
