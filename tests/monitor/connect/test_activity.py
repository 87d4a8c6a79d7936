"""Counts and lag of a connector."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.connect import Activity

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


def test_the_lag_is_the_age_of_the_newest_event() -> None:
    activity = Activity("bluesky")
    assert activity.lag(NOW) is None
    for age in (30, 10, 20):
        activity.saw(NOW - timedelta(seconds=age), NOW)
    assert activity.lag(NOW) == 10.0


def test_a_time_in_the_future_does_not_hide_the_lag() -> None:
    activity = Activity("bluesky")
    activity.saw(NOW - timedelta(seconds=5), NOW)
    activity.saw(NOW + timedelta(days=365), NOW)
    activity.saw(None, NOW)
    assert activity.lag(NOW) == 5.0


def test_the_status_line_shows_problems_only_if_there_are_any() -> None:
    activity = Activity("x", posts=1_234, sent=7)
    assert "1,234 posts" in activity.sentence(NOW)
    assert "reconnects" not in activity.sentence(NOW)
    activity.reconnects = 2
    assert "2 reconnects" in activity.sentence(NOW)
