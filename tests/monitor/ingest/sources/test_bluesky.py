"""Bluesky: Jetstream events and posts of the app view become posts and events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.errors import PoisonError
from monitor.ingest import read_items
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post, PostKind
from tests.monitor.ingest.sources.examples_platforms import (
    DID,
    FEED_ITEM,
    IDENTITY_EVENT,
    NEW_JETSTREAM,
    OTHER_DID,
    PARENT_VIEW,
    POST_KEY,
    POST_VIEW,
    QUOTE_RECORD,
    RECORD,
    REPLY_RECORD,
    account_event,
    jetstream,
)

POST_ID = f"bsky:{DID}/{POST_KEY}"
WITNESSED = datetime(2026, 3, 14, 9, 26, 53, 250_000, tzinfo=UTC)
POST = Post(
    id=POST_ID,
    text="day 3 on zoloft and i can't stop shaking 😬",
    author_id=f"bsky:{DID}",
    created_at=datetime(2026, 3, 14, 9, 26, 50, 117_000, tzinfo=UTC),
    lang="en",
    platform="bluesky",
    url=f"https://bsky.app/profile/{DID}/post/{POST_KEY}",
)


def read_one(document: Any) -> Any:
    [item] = read_items(document)
    return item


def test_a_new_post_has_all_its_fields() -> None:
    assert read_one(jetstream()) == POST
    assert read_one(NEW_JETSTREAM) == POST


def test_an_update_is_an_edit_at_the_time_of_the_event() -> None:
    post = read_one(jetstream("update"))
    assert (post.id, post.edited_at) == (POST_ID, WITNESSED)


def test_a_deleted_post_is_a_deletion() -> None:
    assert read_one(jetstream("delete")) == ComplianceEvent(EventKind.DELETE, POST_ID, at=WITNESSED)


def test_a_post_whose_words_were_removed_by_an_edit_is_a_deletion() -> None:
    event = read_one(jetstream("update", RECORD | {"text": " "}))
    assert event == ComplianceEvent(EventKind.DELETE, POST_ID, at=WITNESSED)


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


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("deleted", EventKind.USER_DELETE),
        ("deactivated", EventKind.USER_SUSPEND),
        ("suspended", EventKind.USER_SUSPEND),
        ("takendown", EventKind.USER_SUSPEND),
        (None, EventKind.USER_SUSPEND),
    ],
)
def test_an_inactive_account_is_an_event_about_its_author(status: str | None, kind: EventKind) -> None:
    event = read_one(account_event(active=False, status=status))
    assert event == ComplianceEvent(kind, author_id=f"bsky:{DID}", at=WITNESSED)


def test_an_active_account_ends_every_earlier_state() -> None:
    events = list(read_items(account_event(active=True)))
    assert [event.kind for event in events if isinstance(event, ComplianceEvent)] == [
        EventKind.USER_UNDELETE,
        EventKind.USER_UNSUSPEND,
    ]


@pytest.mark.parametrize(
    "document",
    [
        account_event(active=False, status="desynchronized"),
        account_event(active=False, status="throttled"),
        IDENTITY_EVENT,
        jetstream(collection="app.bsky.feed.repost"),
        jetstream(collection="app.bsky.feed.like"),
        jetstream("delete", collection="app.bsky.feed.like"),
        jetstream(record=RECORD | {"text": ""}),
        {"$type": "network.bsky.jetstream.subscribeEvents#info", "name": "OutdatedCursor"},
        {"feed": [], "cursor": "2026"},
    ],
)
def test_other_events_reposts_and_posts_without_words_yield_nothing(document: dict[str, Any]) -> None:
    assert list(read_items(document)) == []


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (jetstream(record={"createdAt": "2026-03-14T09:26:50Z"}), "missing-field"),
        (jetstream(record=RECORD | {"text": 17}), "wrong-type"),
        (jetstream(rkey=None), "missing-field"),
        (jetstream("delete", rkey=None), "missing-field"),
        (account_event(active=True) | {"did": 7}, "missing-field"),
    ],
)
def test_a_broken_event_is_refused(document: dict[str, Any], reason: str) -> None:
    for item in read_items(document):
        assert isinstance(item, PoisonError)
        assert item.reason == reason


def test_a_post_of_the_app_view_has_the_quoted_text_as_context() -> None:
    post = read_one(POST_VIEW)
    assert (post.id, post.author_id, post.kind) == (POST_ID, f"bsky:{DID}", PostKind.QUOTE)
    assert post.context == (ContextPart(ContextKind.QUOTED, "anyone else on sertraline?"),)


def test_an_item_of_a_feed_has_the_text_of_its_parent_as_context() -> None:
    [reply, quote] = read_items({"feed": [FEED_ITEM, {"post": POST_VIEW}], "cursor": "2026"})
    assert isinstance(reply, Post)
    assert isinstance(quote, Post)
    assert reply.context == (ContextPart(ContextKind.PARENT, "how is the new dose?"),)
    assert quote.kind is PostKind.QUOTE


def test_a_thread_is_read_with_the_parents_of_its_replies() -> None:
    thread = {
        "post": PARENT_VIEW,
        "replies": [{"post": FEED_ITEM["post"]}, {"notFound": True, "uri": "at://x"}],
    }
    [parent, reply] = read_items({"thread": thread})
    assert isinstance(parent, Post)
    assert isinstance(reply, Post)
    assert (parent.context, reply.context) == ((), (ContextPart(ContextKind.PARENT, parent.text),))


def test_records_and_search_pages_are_read() -> None:
    record = {"uri": POST_VIEW["uri"], "cid": "bafyreiexample", "value": RECORD}
    assert read_one({"records": [record]}) == POST
    assert read_one({"posts": [POST_VIEW | {"record": RECORD, "embed": None}], "hitsTotal": 1}) == POST
