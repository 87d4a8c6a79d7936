"""snscrape and twscrape."""

from __future__ import annotations

import json

import pytest

from monitor.errors import PoisonError
from monitor.ingest import read_items
from monitor.records import ContextKind, ContextPart, Post, PostKind
from tests.monitor.ingest.sources.examples_x import (
    FIRST_ID,
    LONG_TEXT,
    ORIGINAL_ID,
    PARENT_ID,
    QUOTED_ID,
    SNSCRAPE_POST,
    TWSCRAPE_POST,
)
from tests.monitor.messages import read_post

QUOTED = {"_type": "snscrape.modules.twitter.Tweet", "id": int(QUOTED_ID), "rawContent": "headaches?"}
ORIGINAL = SNSCRAPE_POST | {
    "id": int(ORIGINAL_ID),
    "url": f"https://twitter.com/invented_source/status/{ORIGINAL_ID}",
    "rawContent": LONG_TEXT,
    "user": {"id": 21, "username": "invented_source"},
}


def read_one(document: object) -> Post:
    return read_post(json.dumps(document).encode())


@pytest.mark.parametrize("document", [SNSCRAPE_POST, TWSCRAPE_POST])
def test_a_post_has_its_fields(document: dict[str, object]) -> None:
    post = read_one(document)
    assert (post.id, post.text, post.author_id) == (FIRST_ID, document["rawContent"], "90000000000000017")
    assert (post.platform, post.lang, post.kind) == ("x", "en", PostKind.ORIGINAL)
    assert post.created_at is not None
    assert post.created_at.isoformat() == "2024-05-01T09:00:00+00:00"
    assert post.url == f"https://x.com/invented_writer/status/{FIRST_ID}"


def test_a_rounded_number_is_replaced_by_the_id_in_the_address() -> None:
    assert read_one(SNSCRAPE_POST | {"id": float(FIRST_ID)}).id == FIRST_ID
    assert read_one(SNSCRAPE_POST | {"id": int(FIRST_ID) - 61}).id == FIRST_ID


def test_older_versions_have_the_text_in_content() -> None:
    old = {name: value for name, value in SNSCRAPE_POST.items() if name not in ("_type", "rawContent")}
    assert read_one(old | {"content": "dizzy", "renderedContent": "x"}).text == "dizzy"


def test_a_retweet_has_the_whole_text_of_the_original() -> None:
    cut = SNSCRAPE_POST | {"rawContent": "RT @invented_source: week…", "retweetedTweet": ORIGINAL}
    post = read_one(cut)
    assert post.text == f"RT @invented_source: {LONG_TEXT}"
    assert (post.kind, post.referenced_id) == (PostKind.REPOST, ORIGINAL_ID)


def test_a_quoted_text_is_context() -> None:
    post = read_one(SNSCRAPE_POST | {"quotedTweet": QUOTED})
    assert (post.kind, post.referenced_id) == (PostKind.QUOTE, QUOTED_ID)
    assert post.context == (ContextPart(ContextKind.QUOTED, "headaches?", "1784870235141050369"),)


def test_a_reply_names_its_parent() -> None:
    post = read_one(SNSCRAPE_POST | {"inReplyToTweetId": int(PARENT_ID)})
    assert (post.kind, post.referenced_id) == (PostKind.REPLY, PARENT_ID)


@pytest.mark.parametrize("kind", ["Tombstone", "TweetRef"])
def test_posts_that_are_gone_are_left_out(kind: str) -> None:
    gone = {"_type": f"snscrape.modules.twitter.{kind}", "id": int(FIRST_ID), "text": "This was deleted"}
    assert list(read_items(gone)) == []
    post = read_one(SNSCRAPE_POST | {"quotedTweet": gone})
    assert (post.referenced_id, post.context) == (FIRST_ID, ())


def test_a_user_is_not_a_post() -> None:
    user = {"_type": "snscrape.modules.twitter.User", "id": 17, "username": "invented_writer"}
    [error] = read_items(user | {"rawDescription": "day 3 on zoloft"})
    assert isinstance(error, PoisonError)
    assert "a user" in error.detail
