"""Dates of platforms and tables become RFC 3339."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest import read_fields
from monitor.ingest.dates import to_rfc3339
from monitor.records import Post


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-14T09:26:53Z", "2026-03-14T09:26:53Z"),
        ("2026-03-14T09:26:53.123+02:00", "2026-03-14T09:26:53.123+02:00"),
        ("2026-03-14 09:26:53 +0200", "2026-03-14T09:26:53+02:00"),
        ("2026-03-14 09:26:53 -5:30", "2026-03-14T09:26:53-05:30"),
        ("2026-03-14 09:26", "2026-03-14T09:26:00Z"),
        ("2026-03-14T09:26+02", "2026-03-14T09:26:00+02:00"),
        (" 2026-03-14 ", "2026-03-14T00:00:00Z"),
        ("2026-03-14 09:26:53 CET", "2026-03-14T09:26:53+01:00"),
        ("Mon Apr 06 22:19:45 PDT 2009", "2009-04-06T22:19:45-07:00"),
        ("Wed, 10 Oct 2018 20:19:24 WET", "2018-10-10T20:19:24+00:00"),
        ("2026/03/14 9:26:53", "2026-03-14T09:26:53Z"),
        ("2026-3-4 9:26 p.m.", "2026-03-04T21:26:00Z"),
        ("2026-03-14 12:05 AM", "2026-03-14T00:05:00Z"),
        ("2026-03-14 09:26:53 UTC", "2026-03-14T09:26:53Z"),
        ("2026-03-14 09:26:53 +0000 UTC", "2026-03-14T09:26:53+00:00"),
        ("20260314T092653Z", "2026-03-14T09:26:53Z"),
        ("20260314", "2026-03-14T00:00:00Z"),
        (20260314, "2026-03-14T00:00:00Z"),
        ("Wed Oct 10 20:19:24 +0000 2018", "2018-10-10T20:19:24+00:00"),
        ("Wed, 10 Oct 2018 20:19:24 GMT", "2018-10-10T20:19:24Z"),
        (datetime(2026, 3, 14, 9, 26), "2026-03-14T09:26:00+00:00"),
        (date(2026, 3, 14), "2026-03-14T00:00:00+00:00"),
    ],
)
def test_every_usual_notation_becomes_rfc_3339(value: Any, expected: str) -> None:
    assert to_rfc3339(value) == expected


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("written", [int, str, lambda number: f"{number}.0", float])
def test_unix_times_of_every_unit_are_numbers_or_texts(unit: int, written: Any) -> None:
    assert to_rfc3339(written(1_539_202_764 * unit)) == "2018-10-10T20:19:24Z"


@pytest.mark.parametrize("value", ["", " ", "NULL", "NaN", "None", "n/a", "NaT", "\\N", float("nan"), None])
def test_a_missing_date_is_none(value: Any) -> None:
    assert to_rfc3339(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "14.03.2026",
        "Wed Foo 10 20:19:24 +0000 2018",
        "2026-03-14 13:05 PM",
        "2026-03-14 09:26 IST",
        5,
        True,
        [],
    ],
)
def test_an_unknown_notation_is_returned_unchanged(value: Any) -> None:
    assert to_rfc3339(value) == value


@given(
    st.datetimes(datetime(1974, 1, 1), datetime(2099, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
)
def test_a_moment_is_the_same_in_all_notations(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    notations: list[Any] = [
        whole,
        whole.isoformat(),
        whole.isoformat(" "),
        whole.strftime("%Y-%m-%d %H:%M:%S %z"),
        whole.strftime("%Y-%m-%d %H:%M:%S UTC"),
        whole.strftime("%a %b %d %H:%M:%S +0000 %Y"),
        whole.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        int(whole.timestamp()),
        int(whole.timestamp()) * 1000,
        str(int(whole.timestamp())),
    ]
    for notation in notations:
        post = read_fields({"id": "1", "text": "dizzy", "created_at": to_rfc3339(notation)})
        assert isinstance(post, Post)
        assert post.created_at == whole


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
NEAR_DATES = st.from_regex(r"[0-9]{4}[-/.]?[0-9]{1,2}[-/.]?[0-9]{1,2}[T ]?[0-9:.]{0,12} ?[+-Z]?[0-9]{0,4}")


@given(SCALARS | NEAR_DATES)
def test_any_value_at_all_is_read_or_returned(value: Any) -> None:
    to_rfc3339(value)
