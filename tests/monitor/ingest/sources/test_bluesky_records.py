"""Records of Bluesky: dates that can be true, languages, replies and quotes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.ingest import read_items
from monitor.records import PostKind
from tests.monitor.ingest.sources.examples_platforms import (
    OTHER_DID,
    QUOTE_RECORD,
    RECORD,
    REPLY_RECORD,
    jetstream,
)

WITNESSED = datetime(2026, 3, 14, 9, 26, 53, 250_000, tzinfo=UTC)


def read_one(document: Any) -> Any:
    [item] = read_items(document)
    return item


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-15T09:26:50Z",
        "2012-06-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "yesterday",
        "",
        None,
        17,
        ["2026"],
    ],
)
def test_the_time_of_the_event_replaces_a_date_that_cannot_be_true(written: object) -> None:
    assert read_one(jetstream(record=RECORD | {"createdAt": written})).created_at == WITNESSED


@pytest.mark.parametrize(
    "written", ["2026-03-14T10:26:50+01:00", "2026-03-14T09:26:50", "2026-03-14T09:26:50.000000001Z"]
)
def test_dates_of_other_clients_are_read(written: str) -> None:
    post = read_one(jetstream(record=RECORD | {"createdAt": written}))
    assert post.created_at == datetime(2026, 3, 14, 9, 26, 50, tzinfo=UTC)


@pytest.mark.parametrize("languages", [["en", "es"], [], None, "en", [1]])
def test_the_language_of_the_text_is_only_known_if_there_is_one(languages: object) -> None:
    assert read_one(jetstream(record=RECORD | {"langs": languages})).lang is None


def test_a_reply_names_its_parent() -> None:
    post = read_one(jetstream(record=REPLY_RECORD))
    assert (post.kind, post.referenced_id) == (PostKind.REPLY, f"bsky:{OTHER_DID}/3lparent222222")


def test_a_quote_names_the_quoted_post_also_next_to_pictures_and_in_a_reply() -> None:
    with_pictures = RECORD | {
        "embed": {"$type": "app.bsky.embed.recordWithMedia", "record": QUOTE_RECORD["embed"], "media": {}}
    }
    for record in (QUOTE_RECORD, with_pictures, REPLY_RECORD | QUOTE_RECORD):
        post = read_one(jetstream(record=record))
        assert (post.kind, post.referenced_id) == (PostKind.QUOTE, f"bsky:{OTHER_DID}/3lquoted222222")


def test_an_embedded_list_is_not_a_quote() -> None:
    embed = {"record": {"uri": f"at://{OTHER_DID}/app.bsky.graph.list/3l", "cid": "x"}}
    assert read_one(jetstream(record=RECORD | {"embed": embed})).kind is PostKind.ORIGINAL
