"""From names and times, as people write them, to filters: the same as the options of the commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from monitor.enrich.drugs import DrugChoice, choose_drug, ingredient_filter, load_matcher
from monitor.errors import MonitorError
from monitor.settings import Settings
from monitor.store.signals import Window

When = datetime | date | timedelta | str | None
"""A time, a day (its midnight in UTC), how long ago, or ISO 8601."""


class ChoiceError(MonitorError):
    """A value cannot be used as a filter."""


def time_of(when: When, name: str) -> datetime | None:
    """Return a time with a zone; one without is in UTC.

    Raises:
        ChoiceError: the text is not ISO 8601.
    """
    if when is None:
        return None
    if isinstance(when, timedelta):
        return datetime.now(UTC) - when
    if isinstance(when, str):
        try:
            when = datetime.fromisoformat(when)
        except ValueError:
            raise ChoiceError(
                f"{name}={when!r} is not a time",
                "use ISO 8601, a datetime, or timedelta(days=7) for 7 days ago",
            ) from None
    if not isinstance(when, datetime):
        when = datetime(when.year, when.month, when.day)
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def range_of(since: When, until: When) -> tuple[datetime | None, datetime | None]:
    """Return the ends of a range.

    Raises:
        ChoiceError: one is not a time, or they are reversed.
    """
    start, end = time_of(since, "since"), time_of(until, "until")
    if start is not None and end is not None and start >= end:
        raise ChoiceError(f"since={since!r} is not before until={until!r}", "nothing can match: swap them")
    return start, end


def chosen_drug(settings: Settings, name: str | None) -> DrugChoice | None:
    """Return the drug or the class that a name stands for.

    Raises:
        UnknownDrugError: the dictionary does not have it.
    """
    return None if name is None else choose_drug(load_matcher(settings.enrich), name)


def drug_condition(settings: Settings, name: str | None) -> Callable[[str], bool] | None:
    """Return what accepts the drugs of signals that a name stands for: ingredients, or drugs of a class.

    Raises:
        UnknownDrugError: the dictionary does not have it.
    """
    choice = chosen_drug(settings, name)
    if choice is None:
        return None
    return ingredient_filter(load_matcher(settings.enrich), choice)


def window_between(
    since: When, until: When, platform: str | None, lang: str | None, coding: str | None
) -> Window:
    """Return a window of whole days in UTC; `until` is in it unless it is a midnight.

    Raises:
        ChoiceError: a value is not a time, or they are reversed.
    """
    return Window.between(*range_of(since, until), platform=platform, lang=lang, coding=coding or "")
