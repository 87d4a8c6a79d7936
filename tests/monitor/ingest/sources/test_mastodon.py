"""Mastodon: statuses, pages and streaming events become posts and deletions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.errors import PoisonError
from monitor.ingest import read_items, read_message
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post, PostKind
from tests.monitor.ingest.sources.examples_platforms import REMOTE_STATUS, STATUS, stream_event

POST_ID = "mastodon:social.example/users/ann/statuses/900000000000000001"
POST = Post(
    id=POST_ID,
    text="day 3 on zoloft & i can't stop shaking\n\nhelp",
    author_id="mastodon:ann@social.example",
    created_at=datetime(2026, 3, 14, 9, 26, 53, 901_000, tzinfo=UTC),
    lang="en",
    platform="mastodon",
    url="https://social.example/@ann/900000000000000001",
    aliases=("mastodon:social.example/900000000000000001",),
)


def read_one(document: Any) -> Any:
    [item] = read_items(document)
    return item


def test_a_status_has_all_its_fields() -> None:
    assert read_one(STATUS) == POST


@pytest.mark.parametrize("event", ["update", "status.update"])
def test_a_streaming_event_has_its_status_as_text_or_as_an_object(event: str) -> None:
    assert read_one(stream_event(event, json.dumps(STATUS))) == POST
    assert read_one(stream_event(event, STATUS)) == POST


def test_the_name_of_the_server_gives_a_remote_status_its_local_id_as_alias() -> None:
    post = read_one(stream_event("update", REMOTE_STATUS))
    assert (post.id, post.author_id) == ("mastodon:far.example/objects/5c1d", "mastodon:bob@far.example")
    assert post.aliases == ("mastodon:social.example/900000000000000002",)
    assert read_one(REMOTE_STATUS).aliases == ()


@pytest.mark.parametrize("local_id", ["900000000000000002", 900000000000000002])
def test_a_deletion_names_the_alias_of_the_deleted_status(local_id: object) -> None:
    [alias] = read_one(stream_event("update", REMOTE_STATUS)).aliases
    assert read_one(stream_event("delete", local_id)) == ComplianceEvent(EventKind.DELETE, alias)


def test_the_answer_to_a_deletion_is_a_deletion() -> None:
    answer = {name: value for name, value in STATUS.items() if name != "content"}
    for document in (answer | {"text": "day 3 on zoloft"}, answer | {"text": "", "reblog": STATUS}):
        assert read_one(document) == ComplianceEvent(EventKind.DELETE, POST_ID, aliases=POST.aliases)


def test_a_deletion_without_a_server_is_refused_because_the_number_is_not_unique() -> None:
    error = read_one({"stream": ["public"], "event": "delete", "payload": "900000000000000001"})
    assert isinstance(error, PoisonError)
    assert error.reason == "missing-field"


def test_the_content_warning_comes_before_the_text() -> None:
    assert read_one(STATUS | {"spoiler_text": "meds <3"}).text == f"meds <3\n\n{POST.text}"
    assert read_one(STATUS | {"spoiler_text": "so dizzy", "content": ""}).text == "so dizzy"


def test_tags_that_the_author_typed_stay() -> None:
    assert read_one(STATUS | {"content": "<p>use &lt;br&gt; in <b>HTML</b></p>"}).text == "use <br> in HTML"
    assert read_one(STATUS | {"content": "no tags &amp; no paragraph"}).text == "no tags & no paragraph"


def test_a_reblog_is_a_repost_with_the_whole_text_of_the_original() -> None:
    reblog = STATUS | {"reblog": REMOTE_STATUS | {"spoiler_text": "meds", "language": "de"}, "language": None}
    post = read_one(reblog)
    assert (post.id, post.author_id) == (POST_ID, "mastodon:ann@social.example")
    assert post.text == "RT @bob@far.example: meds\n\nanyone else on sertraline?"
    assert (post.kind, post.referenced_id) == (PostKind.REPOST, "mastodon:far.example/objects/5c1d")
    assert post.lang == "de"


@pytest.mark.parametrize("quote", [{"state": "accepted", "quoted_status": REMOTE_STATUS}, REMOTE_STATUS])
def test_the_quoted_text_is_context(quote: dict[str, Any]) -> None:
    content = (
        '<p class="quote-inline">RE: <a href="https://far.example/notice/5c1d">far.example</a></p><p>me</p>'
    )
    post = read_one(STATUS | {"quote": quote, "content": content})
    assert (post.text, post.kind) == ("me", PostKind.QUOTE)
    assert post.referenced_id == "mastodon:far.example/objects/5c1d"
    assert post.context == (
        ContextPart(ContextKind.QUOTED, "anyone else on sertraline?", "mastodon:far.example/objects/5c1d"),
    )


def test_a_shallow_quote_and_a_reply_have_only_a_local_id() -> None:
    quote = read_one(STATUS | {"quote": {"state": "accepted", "quoted_status_id": "5"}})
    reply = read_one(STATUS | {"in_reply_to_id": "6"})
    assert (quote.kind, quote.referenced_id) == (PostKind.QUOTE, "mastodon:social.example/5")
    assert (reply.kind, reply.referenced_id) == (PostKind.REPLY, "mastodon:social.example/6")
    remote = read_one(REMOTE_STATUS | {"in_reply_to_id": "6"})
    assert (remote.kind, remote.referenced_id) == (PostKind.REPLY, None)


def test_an_edited_status_has_the_time_of_its_edit() -> None:
    post = read_one(stream_event("status.update", STATUS | {"edited_at": "2026-03-14T10:00:00.000Z"}))
    assert post.edited_at == datetime(2026, 3, 14, 10, tzinfo=UTC)


def test_a_status_whose_words_were_removed_by_an_edit_is_a_deletion() -> None:
    at = datetime(2026, 3, 14, 10, tzinfo=UTC)
    event = read_one(STATUS | {"content": "<p></p>", "edited_at": "2026-03-14T10:00:00.000Z"})
    assert event == ComplianceEvent(EventKind.DELETE, POST_ID, at=at, aliases=POST.aliases)


def test_a_status_without_an_address_is_named_by_its_server_and_number() -> None:
    post = read_one({key: value for key, value in STATUS.items() if key != "uri"})
    assert (post.id, post.aliases) == ("mastodon:social.example/900000000000000001", ())


@pytest.mark.parametrize(
    "document",
    [
        STATUS | {"content": ""},
        STATUS | {"content": '<p><img src="a.png" alt="a photo"></p>'},
        stream_event("filters_changed", None),
        stream_event("notification", json.dumps({"type": "mention", "status": STATUS})),
        stream_event("announcement", json.dumps({"content": "<p>update</p>"})),
        {"accounts": [], "statuses": [], "hashtags": []},
        {"ancestors": [], "descendants": []},
    ],
)
def test_pictures_without_words_and_other_events_yield_nothing(document: dict[str, Any]) -> None:
    assert list(read_items(document)) == []


@pytest.mark.parametrize("payload", ["{", "null", "[]", None, 17, json.dumps({"content": "<p>x</p>"})])
def test_a_broken_payload_is_refused(payload: object) -> None:
    error = read_one(stream_event("update", payload))
    assert isinstance(error, PoisonError)
    assert error.reason == "missing-field"


def test_a_timeline_is_an_array_of_statuses() -> None:
    assert read_message(json.dumps([STATUS, REMOTE_STATUS]).encode()) == [POST, read_one(REMOTE_STATUS)]
    assert len(list(read_items({"ancestors": [REMOTE_STATUS], "descendants": [STATUS]}))) == 2
