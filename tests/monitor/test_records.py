"""Records never change once they are made, and they do not show what people wrote."""

from __future__ import annotations

import dataclasses
import inspect
from datetime import UTC, datetime

import pytest

from monitor import records
from monitor.backoff import Backoff
from monitor.ingest import Batch
from monitor.records import LONGEST_CONTEXT, ContextKind, ContextPart, Origin, Post, ReceivedPost

RECORDS = [
    *(record for _, record in inspect.getmembers(records, dataclasses.is_dataclass)),
    Backoff,
    Batch,
]
POSTED, READ_AT = datetime(2026, 3, 14, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_is_frozen_and_has_no_other_attributes(record: type) -> None:
    assert record.__dataclass_params__.frozen
    assert "__dict__" not in dir(record)


def test_a_tweet_was_posted_when_it_says_or_else_when_kafka_received_it() -> None:
    origin = Origin("tweets", 0, 0, READ_AT)
    assert ReceivedPost(Post("1", "text", created_at=POSTED), origin).posted_at == POSTED
    assert ReceivedPost(Post("1", "text"), origin).posted_at == READ_AT


def test_the_context_for_the_model_begins_with_the_title() -> None:
    parts = (
        ContextPart(ContextKind.PARENT, "how do you sleep?"),
        ContextPart(ContextKind.PLACE, "r/lipitor "),
        ContextPart(ContextKind.TITLE, " Lipitor and sleep"),
    )
    assert Post("1", "not at all", context=parts).context_text == (
        "Lipitor and sleep. r/lipitor. how do you sleep?"
    )
    assert Post("1", "not at all").context_text == ""


def test_the_context_for_the_model_has_a_limit() -> None:
    parts = (ContextPart(ContextKind.PARENT, "x" * 10_000), ContextPart(ContextKind.TITLE, "Lipitor"))
    text = Post("1", "not at all", context=parts).context_text
    assert text.startswith("Lipitor. xxx")
    assert len(text) == LONGEST_CONTEXT
