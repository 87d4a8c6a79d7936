"""Moments on a command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import typer

from monitor.cli.options import parse_time

NOW = datetime(2026, 7, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-03-14", datetime(2026, 3, 14, tzinfo=UTC)),
        ("2026-03-14T09:26", datetime(2026, 3, 14, 9, 26, tzinfo=UTC)),
        ("2026-03-14 09:26:53+01:00", datetime(2026, 3, 14, 8, 26, 53, tzinfo=UTC)),
        ("2026-03-14T09:26:53Z", datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)),
        ("90s", NOW - timedelta(seconds=90)),
        ("30m", NOW - timedelta(minutes=30)),
        ("24h", NOW - timedelta(days=1)),
        ("7D", NOW - timedelta(days=7)),
        (" 2 w ", NOW - timedelta(days=14)),
        (None, None),
    ],
)
def test_moments_are_read_as_people_write_them(written: str | None, expected: datetime | None) -> None:
    assert parse_time(written, "--since", now=NOW) == expected


@pytest.mark.parametrize("written", ["", "h", "-3d", "1.5h", "7 days", "2026-13-01", "0", "²h"])
def test_other_moments_are_refused(written: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_time(written, "--since", now=NOW)
