"""Telegram: messages of exported chats become posts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.errors import PoisonError
from monitor.ingest import read_items
from monitor.records import ContextKind, ContextPart, Post, PostKind
from tests.monitor.ingest.sources.examples_platforms import CHAT, MESSAGE, SERVICE_MESSAGE, export

AT = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
POST = Post(
    id="telegram:9000000001/4711",
    text="day 3 on zoloft and i can't stop shaking",
    author_id="telegram:user900000017",
    created_at=AT,
    platform="telegram",
    context=(ContextPart(ContextKind.PLACE, "Example meds"),),
)


def read_one(document: Any) -> Any:
    [item] = read_items(document)
    return item


def test_a_message_has_all_its_fields() -> None:
    assert read_one(export(MESSAGE)) == POST


def test_a_message_of_a_large_export_comes_with_its_chat() -> None:
    assert read_one({"telegram_chat": CHAT, "message": MESSAGE}) == POST


def test_an_export_of_an_account_has_many_chats() -> None:
    document = {
        "about": "an export",
        "personal_information": {"user_id": 1},
        "chats": {"about": "all", "list": [export(MESSAGE), export(SERVICE_MESSAGE)]},
        "left_chats": {"about": "left", "list": [export(MESSAGE) | {"id": 7, "name": None}]},
    }
    ids = [item.id for item in read_items(document) if isinstance(item, Post)]
    assert ids == ["telegram:9000000001/4711", "telegram:7/4711"]


def test_a_text_with_links_and_mentions_is_a_list_of_its_parts() -> None:
    text = [
        "ask ",
        {"type": "mention", "text": "@bob"},
        " about\n",
        {"type": "text_link", "text": "zoloft", "href": "https://example.org"},
        {"type": "bold", "text": " 😬"},
    ]
    assert read_one(export(MESSAGE | {"text": text})).text == "ask @bob about\nzoloft 😬"
    entities = {key: value for key, value in MESSAGE.items() if key != "text"}
    assert read_one(export(entities)).text == POST.text


def test_a_forwarded_message_is_a_repost_with_its_whole_text() -> None:
    post = read_one(export(MESSAGE | {"forwarded_from": None}))
    assert (post.kind, post.text) == (PostKind.REPOST, POST.text)


def test_an_answer_names_the_answered_message() -> None:
    post = read_one(export(MESSAGE | {"reply_to_message_id": 4700}))
    assert (post.kind, post.referenced_id) == (PostKind.REPLY, "telegram:9000000001/4700")
    other = read_one(export(MESSAGE | {"reply_to_message_id": 5, "reply_to_peer_id": "channel7"}))
    assert other.referenced_id == "telegram:7/5"


def test_the_time_of_an_edit_is_read() -> None:
    edited = {"edited": "2026-03-14T11:26:53", "edited_unixtime": "1773484013"}
    assert read_one(export(MESSAGE | edited)).edited_at == datetime(2026, 3, 14, 10, 26, 53, tzinfo=UTC)


def test_old_exports_have_dates_without_seconds_since_1970() -> None:
    old = {key: value for key, value in MESSAGE.items() if key != "date_unixtime"}
    post = read_one(export(old | {"edited": "1970-01-01T01:00:00"}))
    assert (post.created_at, post.edited_at) == (datetime(2026, 3, 14, 10, 26, 53, tzinfo=UTC), None)


def test_the_name_of_a_person_is_not_a_place() -> None:
    assert read_one(export(MESSAGE) | {"type": "personal_chat", "name": "Ann"}).context == ()


@pytest.mark.parametrize(
    "message",
    [
        SERVICE_MESSAGE,
        MESSAGE | {"text": "", "photo": "photos/1.jpg"},
        MESSAGE | {"text": [], "media_type": "sticker"},
        {"id": 3, "type": "unsupported"},
    ],
)
def test_messages_without_words_yield_nothing(message: dict[str, Any]) -> None:
    assert list(read_items(export(MESSAGE, message))) == [POST]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (MESSAGE | {"id": None}, "missing-field"),
        (MESSAGE | {"text": 17}, "wrong-type"),
        (MESSAGE | {"date_unixtime": "soon"}, "bad-date"),
        ("hello", "missing-field"),
    ],
)
def test_a_broken_message_is_refused_and_the_others_are_read(message: Any, reason: str) -> None:
    error, post = read_items(export(message, MESSAGE))
    assert isinstance(error, PoisonError)
    assert (error.reason, post) == (reason, POST)


def test_the_text_of_a_poll_is_its_question() -> None:
    poll = {"question": "dizzy on zoloft?", "closed": False, "total_voters": 3, "answers": []}
    [post] = read_items(export(MESSAGE | {"text": "", "text_entities": [], "poll": poll}))
    assert isinstance(post, Post)
    assert post.text == "dizzy on zoloft?"
    assert list(read_items(export(MESSAGE | {"text": "", "poll": None}))) == []


def test_a_message_without_its_chat_is_refused_because_its_number_is_not_unique() -> None:
    [error] = read_items(MESSAGE)
    assert isinstance(error, PoisonError)
    assert "Telegram" in error.detail
