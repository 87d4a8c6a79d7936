"""Messages of any source: several posts, none, events, and what is refused."""

from __future__ import annotations

import json

import pytest

from monitor.errors import PoisonError
from monitor.ingest import read_message
from monitor.ingest.contract import MAX_POSTS
from monitor.records import ComplianceEvent, EventKind, Post
from tests.monitor.ingest.sources.examples_x import FIRST_ID, SECOND_ID, V1_DELETE, V1_POST, V2_PAGE, V2_POST


def value(document: object) -> bytes:
    return json.dumps(document).encode()


def test_a_page_of_a_platform_has_several_posts() -> None:
    posts = read_message(value(V2_PAGE))
    assert [post.id for post in posts if isinstance(post, Post)] == [FIRST_ID, SECOND_ID]


def test_an_array_may_mix_posts_and_events_of_several_sources() -> None:
    post, event, message = read_message(value([V1_POST, V1_DELETE, {"id": "forum:5", "text": "dizzy"}]))
    assert isinstance(post, Post) and post.platform == "x"
    assert isinstance(event, ComplianceEvent) and event.kind is EventKind.DELETE
    assert isinstance(message, Post) and message.id == "forum:5"


def test_a_page_without_posts_is_read_as_nothing() -> None:
    assert read_message(value({"meta": {"result_count": 0}})) == []


def test_one_bad_post_of_an_array_does_not_cost_the_others() -> None:
    first, error, last = read_message(value([V2_POST, 5, V2_POST | {"id": "12"}]))
    assert isinstance(first, Post) and isinstance(last, Post)
    assert isinstance(error, PoisonError) and error.reason == "not-an-object"


@pytest.mark.parametrize("part", [b"1", b"{}", b'{"id":"1","text":"a"}'])
def test_a_message_with_too_many_posts_is_refused(part: bytes) -> None:
    assert len(read_message(b"[" + b",".join([part] * MAX_POSTS) + b"]")) == MAX_POSTS
    with pytest.raises(PoisonError, match="more than 10000 posts") as caught:
        read_message(b"[" + b",".join([part] * (MAX_POSTS + 1)) + b"]")
    assert caught.value.reason == "too-large"


def test_an_empty_array_is_refused() -> None:
    [error] = read_message(b"[]")
    assert isinstance(error, PoisonError)
    assert error.reason == "not-an-object"


def test_the_named_source_reads_the_message_whatever_its_shape() -> None:
    plain = {"id": FIRST_ID, "text": "dizzy"}
    [detected], [named] = read_message(value(plain)), read_message(value(plain), "x-v2")
    assert isinstance(detected, Post) and detected.platform is None
    assert isinstance(named, Post) and named.platform == "x"


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(PoisonError) as refusal:
        read_message(value(V2_POST), "x-v9")
    assert refusal.value.reason == "unknown-source"


def test_only_a_missing_field_is_refused_with_the_source_that_read_the_object() -> None:
    [missing], [wrong] = (
        read_message(value({"id": FIRST_ID}), "x-v2"),
        read_message(value(V2_POST | {"id": ""})),
    )
    assert isinstance(missing, PoisonError) and missing.detail == "`text` is missing (read as x-v2)"
    assert isinstance(wrong, PoisonError) and "x-v2" not in wrong.detail


def test_an_object_of_no_source_is_refused_with_the_names_of_its_fields() -> None:
    [error] = read_message(value({"postId": "5", "message": "day 3 on zoloft"}))
    assert isinstance(error, PoisonError)
    assert error.reason == "missing-field"
    assert "`id` is missing" in error.detail and "`postId`" in error.detail
    assert "zoloft" not in error.detail
