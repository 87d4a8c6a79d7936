"""How many rejects a file may have."""

from __future__ import annotations

import pytest

from monitor.feed import FeedError, RejectLimit, parse_reject_limit


def test_by_default_a_file_fails_if_nothing_in_it_is_valid() -> None:
    limit = parse_reject_limit(None)
    limit.check_during("f", 1_000_000)
    limit.check_at_end("f", rejected=0, read=0)
    limit.check_at_end("f", rejected=99, read=100)
    with pytest.raises(FeedError, match="all 3 were rejected"):
        limit.check_at_end("f", rejected=3, read=3)


def test_a_number_ends_the_file_with_the_next_reject() -> None:
    limit = parse_reject_limit("2")
    limit.check_during("f", 2)
    limit.check_at_end("f", rejected=2, read=2)
    with pytest.raises(FeedError, match="more than 2"):
        limit.check_during("f", 3)


@pytest.mark.parametrize("text", ["5%", " 5.0 % "])
def test_a_share_counts_at_the_end(text: str) -> None:
    limit = parse_reject_limit(text)
    limit.check_during("f", 1_000)
    limit.check_at_end("f", rejected=5, read=100)
    with pytest.raises(FeedError, match="5%"):
        limit.check_at_end("f", rejected=6, read=100)


def test_no_reject_may_be_allowed() -> None:
    with pytest.raises(FeedError):
        parse_reject_limit("0").check_during("f", 1)
    with pytest.raises(FeedError):
        parse_reject_limit("0%").check_at_end("f", rejected=1, read=100)
    assert parse_reject_limit("100%") == RejectLimit()


@pytest.mark.parametrize("text", ["", "-1", "many", "101%", "5 %%", "1.5", "٣"])
def test_other_values_are_errors(text: str) -> None:
    with pytest.raises(ValueError, match="5%"):
        parse_reject_limit(text)
