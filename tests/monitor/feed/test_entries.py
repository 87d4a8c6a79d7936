"""Entries are checked against the contract."""

from __future__ import annotations

from monitor.feed import FeedEntry, FeedItem, Reject
from monitor.feed.entries import check_entry
from monitor.records import ComplianceEvent, EventKind, Post


def test_a_valid_entry_is_a_post_or_an_event() -> None:
    assert check_entry(FeedEntry(3, {"id": 1, "text": "dizzy"}, b"x", "x-v2")) == FeedItem(
        3, Post("1", "dizzy"), "x-v2"
    )
    assert check_entry(FeedEntry(3, {"tombstone": {"id": "1"}}, b"x")) == FeedItem(
        3, ComplianceEvent(EventKind.DELETE, "1")
    )


def test_an_invalid_entry_is_a_reject_with_its_bytes() -> None:
    reject = check_entry(FeedEntry(3, {"id": "1", "text": " "}, b"raw"))
    assert isinstance(reject, Reject)
    assert (reject.line, reject.reason, reject.raw) == (3, "blank-text", b"raw")
