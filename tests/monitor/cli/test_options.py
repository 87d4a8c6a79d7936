"""Times on the command line, and words to search for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import typer

from monitor.cli.options import parse_time, require_searchable

NOW = datetime(2026, 7, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
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
def test_times_are_parsed(text: str | None, expected: datetime | None) -> None:
    assert parse_time(text, "--since", now=NOW) == expected


@pytest.mark.parametrize("text", ["", "h", "-3d", "1.5h", "7 days", "2026-13-01", "0", "²h"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_time(text, "--since", now=NOW)


@pytest.mark.parametrize("words", ["", "!!", "# …", "😭"])
def test_words_without_a_letter_or_digit_are_refused(words: str) -> None:
    with pytest.raises(typer.BadParameter, match="--drug"):
        require_searchable("--drug", words)


def test_one_letter_or_digit_is_enough_to_search_for() -> None:
    require_searchable("--drug", "#5")
    require_searchable("--drug", "é!")
