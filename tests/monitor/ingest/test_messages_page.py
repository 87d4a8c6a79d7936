"""docs/messages.md has the reasons, headers and limits of the code."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.deadletters import RECEIPT_FOR, REPLAYED_FROM, SENT_TO, dead_letter
from monitor.errors import PoisonError
from monitor.feed.entries import FEED_REASONS
from monitor.ingest.contract import MAX_BYTES, MAX_ID, MAX_LANG, MAX_TEXT, REASONS
from monitor.records import Origin, RefusedMessage
from monitor.stream.scoring import MODEL_ERROR
from tests.monitor.messages import read_post

PAGE = (Path(__file__).parents[3] / "docs" / "messages.md").read_text(encoding="utf-8")


def test_the_page_lists_every_reason_and_no_other() -> None:
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, re.MULTILINE)
    formats = {"jsonl", "csv", "tsv", "smm4h"}
    headers = {word for word in listed if word.startswith("ade-")}
    contract = {"id", "text", "html", "lang", "platform", "kind", "url", "aliases", "context"}
    assert set(listed) - formats - headers - contract == {*REASONS, *FEED_REASONS, MODEL_ERROR}


def test_the_page_names_every_header() -> None:
    origin = Origin("t", 0, 0, datetime(2026, 1, 1, tzinfo=UTC))
    letter = dead_letter(RefusedMessage(origin, PoisonError("empty", "x")))
    names = [name for name, _ in letter.headers]
    for name in [*names, RECEIPT_FOR, SENT_TO, REPLAYED_FROM]:
        assert f"`{name}`" in PAGE


@pytest.mark.parametrize("limit", [MAX_BYTES, MAX_TEXT, MAX_ID, MAX_LANG])
def test_the_page_names_every_limit(limit: int) -> None:
    assert f"{limit:,}" in PAGE


def test_the_tweets_on_the_page_are_valid() -> None:
    examples = re.findall(r'\{"id": "[0-9]+", "text": "[^"]+"\}', PAGE)
    assert len(examples) >= 3
    for example in examples:
        read_post(example.encode())
