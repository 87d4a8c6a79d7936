"""The ids that are found in dead letters, whatever is wrong with them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.deadletters.letter_ids import letter_ids

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda values: (
        st.lists(values, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "text", "user", "data", "ids", "did", "x"]), values, max_size=4
        )
    ),
    max_leaves=12,
)


def ids(document: Any, source: str | None = None) -> set[str]:
    return letter_ids(None, json.dumps(document).encode(), source)


def test_the_key_counts() -> None:
    assert letter_ids(b"77", b"not json") == {"77"}
    assert letter_ids(None, b"") == set()


def test_a_valid_post_has_its_ids_aliases_and_the_post_that_it_repeats() -> None:
    post = {
        "id": "3",
        "text": "RT @a: dizzy",
        "author_id": 7,
        "aliases": ["4"],
        "referenced_id": "2",
        "kind": "repost",
        "bystander_id": "9",
    }
    assert ids(post) == {"3", "7", "4", "2"}


def test_the_posts_whose_text_is_in_the_context_count() -> None:
    quoted = {"kind": "quoted", "text": "dizzy", "id": "55"}
    parent = {"kind": "parent", "text": "sleepy", "id": 66}
    post = {"id": "3", "text": "same here", "kind": "reply", "context": [quoted, parent]}
    assert ids(post) == {"3", "55", "66"}
    assert ids(post | {"context": [quoted, parent, "x"]}) >= {"3", "55", "66"}


def test_every_post_of_a_message_counts() -> None:
    assert ids([{"id": "1", "text": "a"}, {"id": "2", "text": " "}]) >= {"1", "2"}


@pytest.mark.parametrize(
    "value",
    [
        b'{"id": "123456", "text": "diz',
        b'{"id": 123456, "text": " "}',
        b'{"text": "dizzy", "user": {"id_str": "123456"}}',
        b'[{"id": "1", "text": "ok"}, {"edit_history_tweet_ids": ["5", "123456"]}]',
        b'{"id": "tag:search.twitter.com,2005:123456", "verb": "post"',
        b'{"id": "\\u0031\\u00323456", "text": "diz',
        b"tweet 123456: zoloft makes me dizzy",
        b'{"text": "\xff", "id_str": "123456"}',
    ],
)
def test_ids_are_found_in_messages_that_break_the_contract(value: bytes) -> None:
    assert "123456" in letter_ids(None, value)


def test_the_canonical_id_is_found_if_only_the_text_is_wrong() -> None:
    commit = {
        "did": "did:plc:abc",
        "time_us": 1,
        "kind": "commit",
        "commit": {
            "operation": "create",
            "collection": "app.bsky.feed.post",
            "rkey": "3kxyz",
            "record": {"$type": "app.bsky.feed.post", "text": 5, "createdAt": "2026-03-14T09:26:53Z"},
        },
    }
    assert {"bsky:did:plc:abc", "bsky:did:plc:abc/3kxyz"} <= ids(commit)


def test_a_broken_reply_is_not_taken_for_the_post_that_it_answers() -> None:
    assert "123456" not in ids({"id_str": "1", "in_reply_to_status_id_str": "123456"})


def test_a_named_source_reads_the_value() -> None:
    assert ids({"id": "1", "text": "dizzy"}, source="nowhere") == {"1"}


@given(documents, st.sampled_from([None, "contract", "x-v2", "nowhere"]))
def test_any_document_has_usable_ids(document: Any, source: str | None) -> None:
    for name in ids(document, source):
        assert 0 < len(name) <= 512
        name.encode()
        assert "\0" not in name


@given(st.binary(max_size=300), st.none() | st.binary(max_size=20))
def test_any_bytes_have_usable_ids(value: bytes, key: bytes | None) -> None:
    assert all("\0" not in name for name in letter_ids(key, value))
