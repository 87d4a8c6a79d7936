"""The lines and records about files that were fed."""

from __future__ import annotations

from collections import Counter

from monitor.cli.feed_reports import file_line, summary_line, summary_record
from monitor.feed import FeedError, FeedSummary, FileSummary

FILES = (
    FileSummary(
        "a.jsonl",
        "jsonl",
        posts=2_000,
        events=1,
        reasons=Counter({"not-json": 1, "bad-id": 2}),
        sources=Counter({"x-v2": 2_001}),
    ),
    FileSummary("b", error=FeedError("b is damaged", "fetch it again")),
)
SUMMARY = FeedSummary(FILES, sent=2_000, failed=1, seconds=2.0)


def test_the_line_of_a_file_has_its_format_and_its_sources() -> None:
    assert file_line(FILES[0]) == (
        "a.jsonl (jsonl: x-v2 2,001): read 2,004 (1 of them deletions and other events), "
        "rejected 3 (2 bad-id, 1 not-json)"
    )
    assert file_line(FILES[1]) == "b: read 0, rejected 0, ended by an error"


def test_the_summary_says_what_was_sent_where() -> None:
    line = summary_line(SUMMARY, "tweets")
    assert all(part in line for part in ("sent 2,000 to tweets", "failed 1", "in 2.0 s (1,000/s)"))
    assert "sent nothing" in summary_line(SUMMARY, None)


def test_the_record_has_the_files_and_their_errors() -> None:
    record = summary_record(SUMMARY, "tweets")
    assert (record["read"], record["sent"], record["failed"], record["complete"]) == (2_004, 2_000, 1, False)
    first, second = record["files"]
    assert (first["format"], first["sources"], first["error"]) == ("jsonl", {"x-v2": 2_001}, None)
    assert second["error"] == "b is damaged: fetch it again"
