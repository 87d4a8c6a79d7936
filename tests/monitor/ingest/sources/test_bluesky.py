"""Bluesky: events of Jetstream become posts, deletions and events about authors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.errors import PoisonError
from monitor.ingest import read_items
from monitor.records import ComplianceEvent, EventKind, Post
from tests.monitor.ingest.sources.examples_platforms import (
    DID,
    IDENTITY_EVENT,
    NEW_JETSTREAM,
    POST_KEY,
    RECORD,
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
