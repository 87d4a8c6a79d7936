"""Items of a Twitter archive download."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.ingest import read_items
from monitor.records import ComplianceEvent, EventKind, Post, PostKind
from tests.monitor.ingest.sources.examples_x import ARCHIVE_ITEM, FIRST_ID, PARENT_ID, SECOND_ID
from tests.monitor.messages import read_post

TWEET: dict[str, Any] = ARCHIVE_ITEM["tweet"]


def read_one(**changes: object) -> Post:
    return read_post(json.dumps({"tweet": TWEET | changes}).encode())


def test_an_item_is_a_post_without_an_author() -> None:
    post = read_one()
    assert (post.id, post.text, post.author_id) == (FIRST_ID, TWEET["full_text"], None)
    assert (post.platform, post.url) == ("x", f"https://x.com/i/status/{FIRST_ID}")
    assert post.created_at is not None
    assert post.created_at.isoformat() == "2024-05-01T09:00:00+00:00"


@pytest.mark.parametrize(
    "edit_info",
    [
        {"initial": {"editTweetIds": [FIRST_ID, SECOND_ID]}},
        {
            "edit": {
                "initialTweetId": FIRST_ID,
                "editControlInitial": {"editTweetIds": [FIRST_ID, SECOND_ID]},
            }
        },
    ],
)
def test_an_edit_has_the_id_of_the_first_version(edit_info: dict[str, Any]) -> None:
    post = read_one(id=SECOND_ID, id_str=SECOND_ID, edit_info=edit_info)
    assert (post.id, post.aliases) == (FIRST_ID, (SECOND_ID,))


def test_a_reply_names_its_parent() -> None:
    post = read_one(in_reply_to_status_id_str=PARENT_ID)
    assert (post.kind, post.referenced_id) == (PostKind.REPLY, PARENT_ID)


def test_a_retweet_is_known_by_its_text() -> None:
    assert read_one(full_text="RT @invented_source: day 3 on zoloft").kind is PostKind.REPOST


@pytest.mark.parametrize("name", ["id_str", "tweet_id"])
def test_a_deleted_tweet_is_a_deletion(name: str) -> None:
    item = {"tweet": {name: FIRST_ID, "full_text": "gone", "deleted_at": "2024-05-02T09:00:00.000Z"}}
    [event] = read_items(item)
    assert isinstance(event, ComplianceEvent)
    assert (event.kind, event.post_id) == (EventKind.DELETE, FIRST_ID)
    assert event.at is not None


@pytest.mark.parametrize(
    "item",
    [
        {"tweet": {"tweet_id": FIRST_ID, "user_id": "5", "created_at": "Wed May 01 09:00:00 +0000 2024"}},
        {"noteTweet": {"noteTweetId": "5", "core": {"text": "a long post"}}},
    ],
)
def test_headers_and_notes_are_read_as_nothing(item: dict[str, Any]) -> None:
    assert list(read_items(item)) == []
