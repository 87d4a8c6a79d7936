"""The time in an id of X."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest.snowflake import snowflake_date, snowflake_time


@pytest.mark.parametrize("post_id", ["1212092628029698048", 1212092628029698048])
def test_an_id_has_its_time_to_the_millisecond(post_id: object) -> None:
    assert snowflake_time(post_id) == datetime(2019, 12, 31, 19, 26, 16, 771000, UTC)
    assert snowflake_date(post_id) == "2019-12-31T19:26:16.771Z"


@pytest.mark.parametrize(
    "post_id",
    [
        "20",
        "29700859246",
        "9223372036854775807",
        "1e18",
        "-5",
        "",
        "٢٠١٩",
        "bsky:x",
        None,
        True,
        1.2e18,
        [],
        "9" * 30,
    ],
)
def test_ids_without_a_time_have_none(post_id: object) -> None:
    assert snowflake_time(post_id) is None
    assert snowflake_date(post_id) is None


@given(st.integers(29_700_859_247, 2**60) | st.text("0123456789", max_size=25) | st.text())
def test_no_time_is_before_the_first_id_or_in_the_future(post_id: Any) -> None:
    moment = snowflake_time(post_id)
    if moment is not None:
        assert datetime(2010, 11, 4, tzinfo=UTC) <= moment
        assert (moment - datetime.now(UTC)).days < 1


def test_a_time_up_to_a_day_ahead_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    a_day_ahead = 1212092628029698048
    monkeypatch.setattr("monitor.ingest.snowflake.time", lambda: 1_577_820_376.771 - 86_400)
    assert snowflake_time(a_day_ahead) == datetime(2019, 12, 31, 19, 26, 16, 771000, UTC)
    assert snowflake_time(a_day_ahead + (1 << 22)) is None
