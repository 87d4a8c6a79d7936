"""X API v1.1, twarc1 and Social Feed Manager: exact ids, whole texts, dates, edits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.ingest import read_items
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post, PostKind
from tests.monitor.ingest.sources.examples_x import (
    CUT_TEXT,
    FIRST_ID,
    LONG_TEXT,
    ORIGINAL_ID,
    PARENT_ID,
    QUOTED_ID,
    SECOND_ID,
    V1_POST,
    V1_RETWEET,
)
from tests.monitor.messages import read_post

QUOTED: dict[str, Any] = {
    "id_str": QUOTED_ID,
    "full_text": "headaches from lexapro?",
    "user": {"id_str": "5"},
}


def read_one(document: object) -> Post:
    return read_post(json.dumps(document).encode())


def test_a_post_has_its_exact_id_and_a_date_of_the_contract() -> None:
    post = read_one(V1_POST)
    assert (post.id, post.author_id, post.platform) == (FIRST_ID, "90000000000000017", "x")
    assert post.created_at is not None
    assert post.created_at.isoformat() == "2024-05-01T09:00:00+00:00"
    assert post.url == f"https://x.com/invented_writer/status/{FIRST_ID}"


@pytest.mark.parametrize(
    "longer",
    [
        {"extended_tweet": {"full_text": LONG_TEXT}, "text": CUT_TEXT},
        {"full_text": LONG_TEXT},
        {"full_text": LONG_TEXT, "text": CUT_TEXT},
        {"text": LONG_TEXT, "truncated": False},
    ],
)
def test_a_post_has_its_whole_text(longer: dict[str, Any]) -> None:
    short = {name: V1_POST[name] for name in ("id_str", "created_at", "user")}
    assert read_one(short | longer).text == LONG_TEXT


def test_a_retweet_has_the_whole_text_of_the_original() -> None:
    post = read_one(V1_RETWEET)
    assert post.text == f"RT @invented_source: {LONG_TEXT}"
    assert (post.id, post.kind, post.referenced_id) == (FIRST_ID, PostKind.REPOST, ORIGINAL_ID)


def test_a_retweet_of_an_original_without_a_text_keeps_its_own() -> None:
    post = read_one(V1_RETWEET | {"retweeted_status": {"id_str": ORIGINAL_ID}})
    assert (post.text, post.referenced_id) == (V1_RETWEET["full_text"], ORIGINAL_ID)


def test_a_quoted_text_is_context() -> None:
    post = read_one(V1_POST | {"quoted_status": QUOTED, "is_quote_status": True})
    assert (post.text, post.kind, post.referenced_id) == (LONG_TEXT, PostKind.QUOTE, QUOTED_ID)
    assert post.context == (ContextPart(ContextKind.QUOTED, QUOTED["full_text"], QUOTED["id_str"]),)


def test_a_retweet_of_a_quote_has_the_quoted_text_as_context() -> None:
    original = V1_RETWEET["retweeted_status"] | {"quoted_status": QUOTED}
    post = read_one(V1_RETWEET | {"retweeted_status": original})
    assert post.kind is PostKind.REPOST
    assert post.context == (ContextPart(ContextKind.QUOTED, QUOTED["full_text"], QUOTED["id_str"]),)


def test_a_quote_of_a_missing_post_still_names_it() -> None:
    post = read_one(V1_POST | {"quoted_status_id": int(QUOTED_ID)})
    assert (post.kind, post.referenced_id, post.context) == (PostKind.QUOTE, QUOTED_ID, ())


def test_a_reply_names_its_parent() -> None:
    reply = V1_POST | {"in_reply_to_status_id": int(PARENT_ID) - 1, "in_reply_to_status_id_str": PARENT_ID}
    post = read_one(reply)
    assert (post.kind, post.referenced_id) == (PostKind.REPLY, PARENT_ID)


@pytest.mark.parametrize(
    "history",
    [
        {"edit_history": {"initial_tweet_id": FIRST_ID, "edit_tweet_ids": [FIRST_ID, SECOND_ID]}},
        {"ext_edit_control": {"initial": {"edit_tweet_ids": [FIRST_ID, SECOND_ID]}}},
        {"ext_edit_control": {"edit": {"edit_control_initial": {"edit_tweet_ids": [FIRST_ID, SECOND_ID]}}}},
    ],
)
def test_an_edit_has_the_id_of_the_first_version(history: dict[str, Any]) -> None:
    post = read_one(V1_POST | {"id_str": SECOND_ID} | history)
    assert (post.id, post.aliases) == (FIRST_ID, (SECOND_ID,))
    assert post.edited_at is not None


@pytest.mark.parametrize("mark", [{"withheld_in_countries": ["XX"]}, {"withheld_copyright": True}])
def test_a_post_that_is_withheld_everywhere_is_an_event(mark: dict[str, Any]) -> None:
    assert list(read_items(V1_POST | mark)) == [ComplianceEvent(EventKind.WITHHELD, FIRST_ID)]


@pytest.mark.parametrize("countries", [[], ["DE", "FR"]])
def test_a_post_that_is_withheld_in_some_countries_is_a_post(countries: list[str]) -> None:
    post = read_one(V1_POST | {"withheld_in_countries": countries, "withheld_copyright": False})
    assert post.id == FIRST_ID


@pytest.mark.parametrize(
    "page",
    [
        {"statuses": [V1_POST, V1_RETWEET], "search_metadata": {"count": 2}},
        {"results": [V1_POST, V1_RETWEET], "requestParameters": {"maxResults": 100}},
        {"for_user_id": "5", "tweet_create_events": [V1_POST, V1_RETWEET]},
    ],
)
def test_an_answer_with_a_list_has_all_its_posts(page: dict[str, Any]) -> None:
    assert len([item for item in read_items(page) if isinstance(item, Post)]) == 2


def test_an_answer_with_an_empty_list_has_no_posts() -> None:
    assert list(read_items({"statuses": [], "search_metadata": {"count": 0}})) == []


def test_a_date_in_another_notation_is_read_too() -> None:
    post = read_one(V1_POST | {"created_at": "2024-05-01 09:00:00"})
    assert post.created_at is not None
    assert post.created_at.isoformat() == "2024-05-01T09:00:00+00:00"
