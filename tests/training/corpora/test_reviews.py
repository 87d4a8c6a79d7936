from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from training.corpora.reading_log import ReadingLog
from training.corpora.reviews import read_reviews
from training.examples import AnnotatedSpan, Example

SPAN = {"start": 15, "end": 20, "text": "hives", "ptid": "10020197", "pt_name": "Urticaria"}


def review(post: str, decision: str, label: Any, *spans: dict[str, Any], **more: Any) -> dict[str, Any]:
    fields = {"reviewer": "a", "reviewed_at": "2026-11-29T12:00:00Z", "bundle": "default-1"}
    text = "pillex gave me hives"
    return {"id": post, "text": text, "decision": decision, "label": label, "spans": spans, **fields, **more}


def read(path: Path, *records: dict[str, Any], log: ReadingLog | None = None) -> list[Example]:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return read_reviews(path, log or ReadingLog())["all"]


def test_what_holds_after_the_review_becomes_an_example(tmp_path: Path) -> None:
    examples = read(
        tmp_path / "reviews.jsonl",
        review("1", "confirmed", "ADE", SPAN, context="pillex, week 2"),
        review("2", "corrected", 1, {**SPAN, "ptid": None, "pt_name": None}),
        review("3", "rejected", "ADE", SPAN),
        review("4", "corrected", "NoADE"),
    )
    text = "pillex gave me hives"
    assert examples == [
        Example("1", text, 1, (AnnotatedSpan(15, 20, "10020197", "Urticaria"),), "", "pillex, week 2"),
        Example("2", text, 1, (AnnotatedSpan(15, 20),)),
        Example("3", text, 0),
        Example("4", text, 0),
    ]


def test_unclear_posts_are_left_out_and_noted(tmp_path: Path) -> None:
    log = ReadingLog()
    assert read(tmp_path / "r.jsonl", review("1", "unclear", None), log=log) == []
    assert log.noted["review without a decision"] == 1


def test_the_last_review_of_a_post_counts(tmp_path: Path) -> None:
    records = review("1", "confirmed", "ADE", SPAN), review("1", "corrected", "ADE")
    [example] = read(tmp_path / "r.jsonl", *records)
    assert (example.label, example.spans) == (1, ())


def test_a_post_that_reviewers_disagree_about_is_left_out(tmp_path: Path) -> None:
    log = ReadingLog()
    records = review("1", "confirmed", "ADE", SPAN), review("1", "rejected", "NoADE", reviewer="b")
    assert read(tmp_path / "r.jsonl", *records, log=log) == []
    assert log.noted["reviewers disagree, post left out"] == 1


def test_malformed_reviews_are_dropped_with_their_lines(tmp_path: Path) -> None:
    log = ReadingLog()
    records = [
        review("1", "liked", "ADE"),
        review("2", "confirmed", "maybe"),
        {"id": "3", "decision": "confirmed"},
    ]
    assert read(tmp_path / "r.jsonl", *records, log=log) == []
    assert [fault.line for fault in log.places["malformed record"]] == [1, 2, 3]
