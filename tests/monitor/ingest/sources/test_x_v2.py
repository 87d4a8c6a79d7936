"""X API v2 and twarc2: whole texts, pages, quotes, edits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.errors import PoisonError
from monitor.ingest import read_items
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post, PostKind
from tests.monitor.ingest.sources.examples_x import (
    FIRST_ID,
    LONG_TEXT,
    ORIGINAL_ID,
    PARENT_ID,
    QUOTED_ID,
    SECOND_ID,
    V2_FLATTENED,
    V2_ORIGINAL,
    V2_PAGE,
    V2_PARENT,
    V2_POST,
    V2_QUOTED,
    V2_RETWEET,
    V2_USERS,
)
from tests.monitor.messages import read_post


def read_one(document: object) -> Post:
    return read_post(json.dumps(document).encode())


@pytest.mark.parametrize(
    "document", [V2_POST, {"data": V2_POST, "matching_rules": []}, {"data": [V2_POST], "meta": {}}]
)
def test_a_post_has_its_fields_in_each_envelope(document: object) -> None:
    post = read_one(document)
    assert (post.id, post.text, post.author_id) == (FIRST_ID, V2_POST["text"], V2_POST["author_id"])
    assert (post.platform, post.lang, post.kind) == ("x", "en", PostKind.ORIGINAL)
    assert post.created_at is not None
    assert post.created_at.isoformat() == "2024-05-01T09:00:00+00:00"
    assert post.url == f"https://x.com/i/status/{FIRST_ID}"
    assert (post.aliases, post.edited_at, post.context) == ((), None, ())


def test_an_array_has_all_its_posts() -> None:
    items = [item for part in [V2_POST, V2_ORIGINAL] for item in read_items(part)]
    assert [item.id for item in items if isinstance(item, Post)] == [FIRST_ID, ORIGINAL_ID]


def test_a_long_post_has_its_whole_text() -> None:
    assert read_one(V2_ORIGINAL).text == LONG_TEXT


@pytest.mark.parametrize("document", [V2_PAGE, V2_FLATTENED])
def test_a_retweet_has_the_whole_text_of_the_original(document: object) -> None:
    post = next(iter(read_items(document)))
    assert isinstance(post, Post)
    assert post.text == f"RT @invented_source: {LONG_TEXT}"
    assert (post.kind, post.referenced_id) == (PostKind.REPOST, ORIGINAL_ID)
    assert post.url == f"https://x.com/invented_writer/status/{FIRST_ID}"


def test_a_retweet_takes_the_name_from_its_own_text_if_no_user_is_included() -> None:
    page = V2_PAGE | {"includes": {"tweets": [V2_ORIGINAL]}}
    post = next(iter(read_items(page)))
    assert isinstance(post, Post)
    assert post.text == f"RT @invented_source: {LONG_TEXT}"


def test_a_retweet_has_the_original_alone_if_no_name_is_known() -> None:
    unnamed = V2_RETWEET | {"text": LONG_TEXT}
    post = read_one({"data": unnamed, "includes": {"tweets": [V2_ORIGINAL | {"author": {"username": ""}}]}})
    assert post.text == LONG_TEXT
    assert post.kind is PostKind.REPOST


def test_a_retweet_of_a_missing_original_keeps_its_cut_text() -> None:
    post = read_one(V2_RETWEET)
    assert post.text == V2_RETWEET["text"]
    assert (post.kind, post.referenced_id) == (PostKind.REPOST, ORIGINAL_ID)


def test_a_retweet_without_references_is_known_by_its_text() -> None:
    bare = {"id": FIRST_ID, "text": "RT @invented_source: dizzy", "edit_history_tweet_ids": [FIRST_ID]}
    assert read_one(bare).kind is PostKind.REPOST


def test_quoted_and_answered_texts_are_context_and_not_the_text() -> None:
    post = read_one(
        {
            "data": V2_POST
            | {
                "referenced_tweets": [
                    {"type": "quoted", "id": QUOTED_ID},
                    {"type": "replied_to", "id": PARENT_ID},
                ]
            },
            "includes": {"tweets": [V2_QUOTED, V2_PARENT], "users": V2_USERS},
        }
    )
    assert post.text == V2_POST["text"]
    assert (post.kind, post.referenced_id) == (PostKind.QUOTE, QUOTED_ID)
    assert post.context == (
        ContextPart(ContextKind.QUOTED, V2_QUOTED["text"], QUOTED_ID),
        ContextPart(ContextKind.PARENT, V2_PARENT["text"], V2_PARENT["id"]),
    )


def test_a_retweet_of_a_quote_has_the_quoted_text_as_context() -> None:
    original = V2_ORIGINAL | {"referenced_tweets": [{"type": "quoted", "id": QUOTED_ID}]}
    post = read_one({"data": V2_RETWEET, "includes": {"tweets": [original, V2_QUOTED]}})
    assert post.kind is PostKind.REPOST
    assert post.context == (ContextPart(ContextKind.QUOTED, V2_QUOTED["text"], QUOTED_ID),)


def test_a_reply_names_its_parent_even_if_that_is_unavailable() -> None:
    page = {
        "data": [V2_POST | {"referenced_tweets": [{"type": "replied_to", "id": PARENT_ID}]}],
        "errors": [{"title": "Not Found Error", "resource_type": "tweet", "resource_id": PARENT_ID}],
        "meta": {"result_count": 1},
    }
    post = read_one(page)
    assert (post.kind, post.referenced_id, post.context) == (PostKind.REPLY, PARENT_ID, ())


def test_a_reply_without_references_is_known_by_the_answered_user() -> None:
    assert read_one(V2_POST | {"in_reply_to_user_id": "5"}).kind is PostKind.REPLY


@pytest.mark.parametrize("version", [FIRST_ID, SECOND_ID])
def test_all_versions_of_an_edited_post_have_the_id_of_the_first(version: str) -> None:
    post = read_one(V2_POST | {"id": version, "edit_history_tweet_ids": [FIRST_ID, SECOND_ID]})
    assert (post.id, post.aliases) == (FIRST_ID, (SECOND_ID,))


def test_an_edit_has_the_time_of_the_first_version_and_its_own() -> None:
    post = read_one(
        V2_POST
        | {
            "id": SECOND_ID,
            "edit_history_tweet_ids": [FIRST_ID, SECOND_ID],
            "created_at": "2024-05-01T09:12:00.000Z",
        }
    )
    assert post.created_at is not None and post.edited_at is not None
    assert post.created_at.isoformat(timespec="minutes") == "2024-05-01T09:00+00:00"
    assert post.edited_at.isoformat(timespec="minutes") == "2024-05-01T09:12+00:00"


def test_a_post_without_a_date_has_the_time_of_its_id() -> None:
    post = read_one({"data": {"id": FIRST_ID, "text": "dizzy"}})
    assert post.created_at is not None
    assert post.created_at.isoformat(timespec="minutes") == "2024-05-01T09:00+00:00"


def test_a_post_that_is_withheld_in_some_countries_is_a_post() -> None:
    assert read_one(V2_POST | {"withheld": {"copyright": False, "country_codes": ["IN"]}}).id == FIRST_ID


def test_a_post_that_is_withheld_everywhere_is_an_event() -> None:
    withheld = V2_POST | {
        "edit_history_tweet_ids": [FIRST_ID, SECOND_ID],
        "withheld": {"copyright": False, "country_codes": ["XY"]},
    }
    assert list(read_items(withheld)) == [ComplianceEvent(EventKind.WITHHELD, FIRST_ID, aliases=(SECOND_ID,))]


@pytest.mark.parametrize(
    "document",
    [
        {"meta": {"result_count": 0}},
        {"data": [], "meta": {"result_count": 0}},
        {"data": []},
        {"errors": [{"title": "Not Found Error"}], "meta": {"result_count": 0}},
        {"errors": [{"title": "operational-disconnect"}]},
        {"errors": [{"code": 88, "message": "Rate limit exceeded"}]},
        {"title": "ConnectionException", "type": "https://api.x.com/2/problems/streaming-connection"},
        {"includes": {"users": V2_USERS}},
    ],
)
def test_pages_and_messages_without_posts_are_read_as_nothing(document: object) -> None:
    assert list(read_items(document)) == []


@pytest.mark.parametrize(
    "document",
    [
        {"errors": []},
        {"errors": [["BAD_CAPTCHA", "try again", "captcha"]]},
        {"errors": ["out of memory"]},
        {"errors": 5},
        {"includes": {"header": "a.h"}},
        {"includes": []},
    ],
)
def test_errors_of_other_programs_are_refused(document: dict[str, Any]) -> None:
    [error] = read_items(document)
    assert isinstance(error, PoisonError)
    assert error.reason == "missing-field"


def test_a_page_has_all_its_posts_and_refuses_only_the_bad_ones() -> None:
    page = {"data": [V2_POST, {"id": "11"}, "junk", V2_POST | {"id": "12", "edit_history_tweet_ids": None}]}
    items = list(read_items(page))
    assert [item.id for item in items if isinstance(item, Post)] == [FIRST_ID, "12"]
    assert [item.reason for item in items if isinstance(item, PoisonError)] == ["missing-field"] * 2


@pytest.mark.parametrize("code", ["und", "zxx", "qme", "qst"])
def test_codes_for_no_language_are_left_out(code: str) -> None:
    assert read_one(V2_POST | {"lang": code}).lang is None


def test_replaced_language_codes_become_those_of_bcp_47() -> None:
    assert read_one(V2_POST | {"lang": "in"}).lang == "id"


def test_a_language_that_is_not_a_text_is_refused() -> None:
    [error] = read_items(V2_POST | {"lang": 5})
    assert isinstance(error, PoisonError)
    assert error.reason == "wrong-type"


def test_odd_references_do_not_cost_the_post() -> None:
    odd: list[Any] = [None, {}, {"type": 5}, {"type": "quoted", "id": {}}, {"type": "replied_to", "text": 5}]
    post = read_one({"data": V2_POST | {"referenced_tweets": odd}, "includes": {"tweets": [{"id": []}, 7]}})
    assert post.text == V2_POST["text"]
