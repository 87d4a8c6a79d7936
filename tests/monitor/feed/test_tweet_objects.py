"""JSON Lines: tweet objects of both APIs, plain ones, pages, and other objects."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed import Format
from tests.monitor.feed.reading import positions, read

V2 = {
    "id": "10",
    "text": "day 3 on zoloft",
    "author_id": "7",
    "created_at": "2024-05-01T10:00:00.000Z",
    "lang": "en",
    "public_metrics": {"like_count": 1},
}
V1: dict[str, Any] = {
    "id": 1050118621198921700,
    "id_str": "1050118621198921728",
    "created_at": "Wed Oct 10 20:19:24 +0000 2018",
    "text": "To make room for more expression we will… https://t.co/x",
    "truncated": True,
    "lang": "en",
    "user": {"id": 6253282, "id_str": "6253282", "screen_name": "api"},
}
KNOWN = {
    "id": "10",
    "text": "day 3 on zoloft",
    "author_id": "7",
    "lang": "en",
    "created_at": V2["created_at"],
}


def read_one(document: object) -> dict[str, Any]:
    tweets, rejects = read(json.dumps(document).encode(), Format.JSONL)
    assert not rejects
    (tweet,) = tweets
    return tweet


@pytest.mark.parametrize("document", [V2, {"data": V2, "matching_rules": []}, {"data": [V2], "meta": {}}])
def test_a_v2_object_keeps_the_fields_of_the_contract_only(document: object) -> None:
    assert read_one(document) == KNOWN


def test_a_plain_object_is_a_tweet() -> None:
    assert read_one({"id": 5, "text": "dizzy"}) == {"id": "5", "text": "dizzy"}


def test_a_long_v2_post_has_its_whole_text() -> None:
    assert read_one(V2 | {"note_tweet": {"text": "all of a long post"}})["text"] == "all of a long post"


def test_a_page_has_all_its_tweets_and_rejects_only_the_bad_ones() -> None:
    page = {"data": [V2, {"id": "11"}, "junk", V2 | {"id": "12"}]}
    tweets, rejects = read(json.dumps(page).encode(), Format.JSONL)
    assert [tweet["id"] for tweet in tweets] == ["10", "12"]
    assert positions(rejects) == [(1, "missing-field"), (1, "missing-field")]


def test_a_v1_object_has_its_exact_id_and_a_date_of_the_contract() -> None:
    tweet = read_one(V1)
    assert tweet["id"] == "1050118621198921728"
    assert tweet["author_id"] == "6253282"
    assert tweet["created_at"] == "2018-10-10T20:19:24+00:00"
    assert tweet["text"] == V1["text"]


@pytest.mark.parametrize("longer", [{"full_text": "whole"}, {"extended_tweet": {"full_text": "whole"}}])
def test_a_v1_object_has_its_whole_text(longer: dict[str, Any]) -> None:
    assert read_one(V1 | longer)["text"] == "whole"


def test_a_v1_retweet_has_the_whole_text_of_the_original() -> None:
    original = V1 | {"id_str": "1", "extended_tweet": {"full_text": "whole"}}
    retweet = V1 | {"text": "RT @api: who…", "retweeted_status": original}
    assert read_one(retweet)["text"] == "RT @api: whole"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not-json"),
        (b'{"id": "1", "text": "\xff"}', "not-utf8"),
        (b"[1]", "not-an-object"),
        (b'{"delete": {"status": {"id": 1}}}', "no-tweet"),
        (b'{"limit": {"track": 5}}', "no-tweet"),
        (b'{"data": []}', "no-tweet"),
        (b'{"id": "1"}', "missing-field"),
        (b'{"id": "1", "text": " "}', "blank-text"),
        (b'{"id": 1e999, "text": "dizzy"}', "not-json"),
        (b'{"id": "1", "text": "dizzy", "created_at": "soon"}', "bad-date"),
        (b'{"id": "1", "text": "dizzy", "user": 5, "created_at": {}}', "wrong-type"),
    ],
)
def test_a_bad_line_is_rejected_and_the_next_one_is_read(line: bytes, reason: str) -> None:
    tweets, rejects = read(b"\n" + line + b'\n{"id": "2", "text": "fine"}\n', Format.JSONL)
    assert [tweet["id"] for tweet in tweets] == ["2"]
    assert positions(rejects) == [(2, reason)]
    assert rejects[0].raw == line


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(V1)), inner, max_size=3),
    max_leaves=5,
)
MARKS = [*V1, "data", "full_text", "extended_tweet", "retweeted_status", "note_tweet", "author_id"]


@given(st.dictionaries(st.sampled_from(MARKS), ODD))
def test_any_object_is_read_or_rejected(document: dict[str, Any]) -> None:
    tweets, rejects = read(json.dumps(document).encode(), Format.JSONL)
    assert len(tweets) + len(rejects) >= 1
