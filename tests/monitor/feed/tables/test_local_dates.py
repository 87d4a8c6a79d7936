"""Dates that tools write for people: the order of day and month is decided once per column."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.source import FeedError
from monitor.feed.tables.local_dates import DateColumn, date_column


def read_dates(cells: list[str], order: str | None = None) -> tuple[list[object], list[str]]:
    notes: list[str] = []
    column = date_column(cells, order, title="Date", notify=notes.append)
    return [column.read(cell) for cell in cells], notes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14.03.2026 09:26", "2026-03-14T09:26:00Z"),
        ("14/03/2026", "2026-03-14T00:00:00Z"),
        ("03/14/2026 9:26 AM", "2026-03-14T09:26:00Z"),
        ("3/14/26 9:26 PM", "2026-03-14T21:26:00Z"),
        ("14-03-2026 09:26:53", "2026-03-14T09:26:53Z"),
        ("14. März 2026, 09:26 Uhr", "2026-03-14T09:26:00Z"),
        ("Sa., 14. März 2026 um 09:26", "2026-03-14T09:26:00Z"),
        ("14 mars 2026 à 09:26", "2026-03-14T09:26:00Z"),
        ("1er août 2026", "2026-08-01T00:00:00Z"),
        ("14 de marzo de 2026 9:26", "2026-03-14T09:26:00Z"),
        ("14 marzo 2026 alle 09:26", "2026-03-14T09:26:00Z"),
        ("14 de março de 2026 às 09:26", "2026-03-14T09:26:00Z"),
        ("March 14, 2026 9:26 AM", "2026-03-14T09:26:00Z"),
        ("Mar 14, 2026", "2026-03-14T00:00:00Z"),
        ("14-Mar-2026 05:12PM", "2026-03-14T17:12:00Z"),
        ("14 Dez. 2026", "2026-12-14T00:00:00Z"),
        ("20-May-12", "2012-05-20T00:00:00Z"),
        ("2026-03-14T09:26:53Z", "2026-03-14T09:26:53Z"),
        ("2026-03-14 09:26:53.0", "2026-03-14T09:26:53.0Z"),
    ],
)
def test_dates_for_people_become_rfc_3339(text: str, expected: str) -> None:
    assert read_dates([text])[0] == [expected]


@pytest.mark.parametrize("text", ["", "n/a", "NULL"])
def test_a_missing_date_is_none(text: str) -> None:
    assert read_dates([text])[0] == [None]


@pytest.mark.parametrize("text", ["soon", "14 Foo 2026", "45/45/2026", "14.03.2026 25:99:99:99"])
def test_an_unknown_notation_is_returned_for_the_contract_to_refuse(text: str) -> None:
    assert read_dates([text])[0] == [text]


def test_a_number_over_twelve_decides_for_the_whole_column() -> None:
    assert read_dates(["03/04/2026", "03/14/2026"]) == (["2026-03-04T00:00:00Z", "2026-03-14T00:00:00Z"], [])
    assert read_dates(["03/04/2026", "14/03/2026"]) == (["2026-04-03T00:00:00Z", "2026-03-14T00:00:00Z"], [])


def test_the_month_may_be_the_twelfth() -> None:
    assert read_dates(["12/31/2026"]) == (["2026-12-31T00:00:00Z"], [])
    assert read_dates(["31/12/2026"]) == (["2026-12-31T00:00:00Z"], [])


def test_an_ambiguous_column_is_reported() -> None:
    dates, notes = read_dates(["03/04/2026"])
    assert dates == ["2026-04-03T00:00:00Z"]
    assert "--date-order" in notes[0]
    assert read_dates(["03/04/2026 9:26 PM"])[0] == ["2026-03-04T21:26:00Z"]


def test_dots_are_not_ambiguous() -> None:
    assert read_dates(["03.04.2026"]) == (["2026-04-03T00:00:00Z"], [])


def test_the_user_decides_the_order() -> None:
    assert read_dates(["03/04/2026"], "mdy") == (["2026-03-04T00:00:00Z"], [])
    with pytest.raises(FeedError, match="ymd"):
        read_dates(["03/04/2026"], "ymd")


def test_a_column_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(FeedError, match="day first"):
        read_dates(["14/03/2026", "03/14/2026"])


@given(st.dates(date(2007, 1, 1), date(2098, 1, 1)), st.sampled_from(["dmy", "mdy"]), st.sampled_from("-/."))
def test_any_day_is_read_in_the_chosen_order(day: date, order: str, separator: str) -> None:
    parts = [f"{day.day:02}", f"{day.month:02}"] if order == "dmy" else [f"{day.month:02}", f"{day.day:02}"]
    text = separator.join([*parts, str(day.year)])
    assert DateColumn(order).read(text) == f"{day.isoformat()}T00:00:00Z"


@given(st.text() | st.from_regex(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4} .{0,8}"))
def test_any_text_is_read_or_returned(text: str) -> None:
    DateColumn().read(text)
