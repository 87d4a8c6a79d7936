"""The counts of a feed, for each file and in total."""

from __future__ import annotations

from collections import Counter

from monitor.feed import FeedError, FeedSummary, FileSummary

FIRST = FileSummary(
    "a", "jsonl", posts=3, events=1, reasons=Counter({"bad-id": 2}), sources=Counter({"x-v2": 4})
)
SECOND = FileSummary("b", "csv", posts=1, reasons=Counter({"bad-id": 1, "not-utf8": 1}))
FAILED = FileSummary("c", error=FeedError("c is damaged"))


def test_all_files_count_together() -> None:
    summary = FeedSummary((FIRST, SECOND, FAILED), sent=4, failed=1, seconds=2.0)
    assert (FIRST.read, SECOND.read, FAILED.read) == (6, 3, 0)
    assert (summary.read, summary.events, summary.rejected) == (9, 1, 4)
    assert summary.reasons == {"bad-id": 3, "not-utf8": 1}
    assert summary.failures == [FAILED]
    assert summary.per_second == 2.0


def test_an_instant_feed_has_no_speed() -> None:
    assert FeedSummary((), sent=0, failed=0, seconds=0.0).per_second == 0.0
