"""GNIP and PowerTrack activity streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitor.ingest import read_items
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post, PostKind
from tests.monitor.ingest.sources.examples_x import (
    FIRST_ID,
    GNIP_POST,
    GNIP_SHARE,
    LONG_TEXT,
    ORIGINAL_ID,
    PARENT_ID,
    QUOTED_ID,
)
from tests.monitor.messages import read_post


def read_one(document: object) -> Post:
    return read_post(json.dumps(document).encode())


def test_a_post_has_its_number_its_whole_text_and_its_author() -> None:
    post = read_one(GNIP_POST)
    assert (post.id, post.text, post.author_id) == (FIRST_ID, LONG_TEXT, "90000000000000017")
    assert (post.platform, post.lang, post.kind) == ("x", "en", PostKind.ORIGINAL)
    assert post.created_at is not None
    assert post.created_at.isoformat() == "2024-05-01T09:00:00+00:00"
    assert post.url == f"https://x.com/invented_writer/status/{FIRST_ID}"


def test_a_short_post_has_its_body() -> None:
    assert read_one(GNIP_POST | {"body": "dizzy", "long_object": None}).text == "dizzy"


def test_a_share_has_the_whole_text_of_the_original() -> None:
    post = read_one(GNIP_SHARE)
    assert post.text == f"RT @invented_source: {LONG_TEXT}"
    assert (post.kind, post.referenced_id) == (PostKind.REPOST, ORIGINAL_ID)


@pytest.mark.parametrize("share", [True, False])
def test_a_quoted_text_is_context(share: bool) -> None:
    quoted = {"id": f"tag:search.twitter.com,2005:{QUOTED_ID}", "body": "headaches from lexapro?"}
    activity = GNIP_POST | {"twitter_quoted_status": quoted}
    post = read_one(GNIP_SHARE | {"object": activity} if share else activity)
    assert post.kind is (PostKind.REPOST if share else PostKind.QUOTE)
    assert post.context == (
        ContextPart(ContextKind.QUOTED, "headaches from lexapro?", "1784870235141050369"),
    )


def test_a_reply_names_its_parent() -> None:
    post = read_one(GNIP_POST | {"inReplyTo": {"link": f"http://twitter.com/who/statuses/{PARENT_ID}"}})
    assert (post.kind, post.referenced_id) == (PostKind.REPLY, PARENT_ID)


def test_the_language_may_be_in_the_enrichments() -> None:
    activity = GNIP_POST | {"twitter_lang": None, "gnip": {"language": {"value": "de"}}}
    assert read_one(activity).lang == "de"


@pytest.mark.parametrize(
    ("verb", "event"),
    [
        ("delete", ComplianceEvent(EventKind.DELETE, FIRST_ID)),
        ("status_withheld", ComplianceEvent(EventKind.WITHHELD, FIRST_ID)),
        ("user_protect", ComplianceEvent(EventKind.USER_PROTECT, None, "90000000000000017")),
    ],
)
def test_other_verbs_are_events(verb: str, event: ComplianceEvent) -> None:
    activity = {
        "id": "tag:search.twitter.com,2005:5",
        "objectType": "activity",
        "verb": verb,
        "actor": GNIP_POST["actor"],
        "object": {"id": f"tag:search.twitter.com,2005:{FIRST_ID}"},
    }
    assert list(read_items(activity)) == [event]


@pytest.mark.parametrize("notice", ["info", "warn", "error"])
def test_a_message_about_the_stream_has_no_post(notice: str) -> None:
    assert list(read_items({notice: {"message": "Replay Request Completed", "sent": "2024"}})) == []


def test_an_answer_of_a_search_has_all_its_posts() -> None:
    page: dict[str, Any] = {"results": [GNIP_POST, GNIP_SHARE], "requestParameters": {}}
    assert len([item for item in read_items(page) if isinstance(item, Post)]) == 2
