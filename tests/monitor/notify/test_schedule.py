"""When alerts are due: full hours and days of the route, and quiet hours of the rule."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import AlertPayload
from monitor.alerts.rulebook.routes import ChatRoute
from monitor.notify.schedule import due_at, next_time
from tests.monitor.alerts.payloads import payload

NIGHT = {"start": "22:00", "end": "07:00", "time_zone": "Europe/Berlin"}


def alert(**fields: Any) -> AlertPayload:
    return AlertPayload.model_validate_json(json.dumps(payload(**fields)))


def route(**fields: Any) -> ChatRoute:
    return ChatRoute(type="apprise", url_env="X", **fields)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("fields", "where", "published", "due"),
    [
        ({}, {}, "2026-07-01T12:00:01Z", "2026-07-01T12:00:01Z"),
        ({"delivery": "hourly"}, {}, "2026-07-01T12:00:01Z", "2026-07-01T13:00:00Z"),
        ({"delivery": "hourly"}, {}, "2026-07-01T12:00:00Z", "2026-07-01T13:00:00Z"),
        # India is half an hour away from full hours of UTC.
        ({"delivery": "hourly"}, {"time_zone": "Asia/Kolkata"}, "2026-07-01T12:00Z", "2026-07-01T12:30Z"),
        ({"delivery": "daily"}, {}, "2026-07-01T12:00:01Z", "2026-07-02T00:00:00Z"),
        ({"delivery": "daily"}, {"daily_at": "08:00"}, "2026-07-01T07:59Z", "2026-07-01T08:00Z"),
        ({"delivery": "daily"}, {"daily_at": "08:00"}, "2026-07-01T08:00Z", "2026-07-02T08:00Z"),
        ({"delivery": "daily"}, {"time_zone": "Europe/Berlin"}, "2026-07-01T21:59Z", "2026-07-01T22:00Z"),
        # Quiet from 22:00 to 07:00 in Berlin, which is 20:00 to 05:00 in UTC.
        ({"quiet_hours": NIGHT}, {}, "2026-07-01T19:59:59Z", "2026-07-01T19:59:59Z"),
        ({"quiet_hours": NIGHT}, {}, "2026-07-01T20:00Z", "2026-07-02T05:00Z"),
        ({"quiet_hours": NIGHT}, {}, "2026-07-02T04:59Z", "2026-07-02T05:00Z"),
        ({"quiet_hours": NIGHT}, {}, "2026-07-02T05:00Z", "2026-07-02T05:00Z"),
        ({"quiet_hours": NIGHT, "severity": "critical"}, {}, "2026-07-01T20:00Z", "2026-07-01T20:00Z"),
        ({"quiet_hours": NIGHT, "severity": "high"}, {}, "2026-07-01T20:00Z", "2026-07-02T05:00Z"),
        ({"quiet_hours": NIGHT, "delivery": "hourly"}, {}, "2026-07-01T19:30Z", "2026-07-02T05:00Z"),
        # The night in which clocks in Berlin go back has an hour more.
        ({"quiet_hours": NIGHT}, {}, "2026-10-24T20:00Z", "2026-10-25T06:00Z"),
        ({"quiet_hours": {**NIGHT, "time_zone": "Mars/Base"}}, {}, "2026-07-01T20:00Z", "2026-07-01T20:00Z"),
        ({"delivery": "weekly"}, {}, "2026-07-01T12:00Z", "2026-07-01T12:00Z"),
    ],
)
def test_an_alert_is_due(fields: dict[str, Any], where: dict[str, Any], published: str, due: str) -> None:
    assert due_at(alert(**fields), at(published), route(**where)) == at(due)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
    st.times().map(lambda value: value.replace(second=0, microsecond=0)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_the_next_time_is_within_about_a_day(moment: datetime, clock: time, name: str) -> None:
    after = moment.replace(tzinfo=UTC)
    moment_due = next_time(after, clock, ZoneInfo(name))
    assert after < moment_due <= after + timedelta(hours=26)
