"""When an alert is due: at once, at the next full hour or day, and after the quiet hours of its rule."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from monitor.alerts import AlertPayload
from monitor.alerts.rulebook import AlertDelivery, QuietHours, Severity
from monitor.alerts.rulebook.routes import Route

NEVER_WAITS: Final = Severity.CRITICAL
"""Alerts of this severity do not wait for the end of quiet hours."""


def due_at(alert: AlertPayload, published_at: datetime, route: Route) -> datetime:
    """Return when a route sends an alert, in UTC.

    It depends on the alert, its time and the route alone. So a restart changes nothing.

    Args:
        alert: the alert.
        published_at: when the alert was added to the stream, timezone-aware.
        route: the route; its time zone defines full hours and days.
    """
    due = published_at.astimezone(UTC)
    if alert.delivery == AlertDelivery.HOURLY:
        due = _next_hour(due, ZoneInfo(route.time_zone))
    elif alert.delivery == AlertDelivery.DAILY:
        due = next_time(due, route.daily_at, ZoneInfo(route.time_zone))
    quiet = quiet_hours_of(alert)
    if quiet is not None and alert.severity != NEVER_WAITS and quiet.contain(due):
        return next_time(due, quiet.end, ZoneInfo(quiet.time_zone))
    return due


def quiet_hours_of(alert: AlertPayload) -> QuietHours | None:
    """Return the quiet hours in an alert; None without any, or if this machine does not know their zone."""
    hours = alert.quiet_hours
    if hours is None:
        return None
    try:
        ZoneInfo(hours.time_zone)
    except (ValueError, OSError, KeyError):
        return None
    return QuietHours(time.fromisoformat(hours.start), time.fromisoformat(hours.end), hours.time_zone)


def next_time(after: datetime, clock_time: time, zone: ZoneInfo) -> datetime:
    """Return the next moment, in UTC, at which clocks in a time zone show a time.

    Where a change of the clocks skips that time, the moment is as long after midnight as on other days.
    """
    local = after.astimezone(zone)
    for days in (0, 1, 2):
        moment = datetime.combine(local.date() + timedelta(days), clock_time, zone).astimezone(UTC)
        if moment > after:
            return moment
    raise AssertionError("a day has a next day")


def _next_hour(after: datetime, zone: ZoneInfo) -> datetime:
    local = after.astimezone(zone)
    passed = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return after - passed + timedelta(hours=1)
