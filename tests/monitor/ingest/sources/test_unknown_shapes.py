"""What messages say about objects that no source recognizes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ingest.sources import describe_shape, source_of
from tests.monitor.ingest.sources.examples_x import V1_POST, V2_POST

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_the_fields_are_named_and_the_values_are_not() -> None:
    text = describe_shape({"postId": "5", "message": "day 3 on zoloft"})
    assert "`postId`, `message`" in text
    assert "zoloft" not in text


@pytest.mark.parametrize("inner", [V2_POST, [V2_POST]])
def test_a_post_one_level_inside_is_found(inner: object) -> None:
    text = describe_shape({"index": 5, "document": inner})
    assert "`document`" in text
    assert "X API v2" in text


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (V1_POST["user"] | {"followers_count": 5}, "user of X API v1.1"),
        ({"id": "5", "name": "A", "username": "a"}, "user of X API v2"),
        ({"like": {"tweetId": "5", "fullText": "x"}}, "liked post"),
        ({"tweet_id": "5", "label": 1}, "label without its text"),
        ({"data": {"list": [{"content": {"tweet_results": {"result": {}}}}]}}, "twscrape"),
        ({"data": [{"deep": [1] * 6_000}]}, "its fields"),
        ({"columns": [], "index": [], "data": []}, "data frame"),
        ({}, "empty"),
        (5, "not a JSON object"),
    ],
)
def test_objects_that_people_confuse_with_posts_are_named(document: Any, words: str) -> None:
    assert words in describe_shape(document)


def test_names_that_may_be_sentences_are_left_out() -> None:
    text = describe_shape({"day 3 on zoloft": 1, "a" * 50: 2, "postId": 3})
    assert "zoloft" not in text and "aaa" not in text
    assert "`postId`" in text


def test_many_fields_are_counted() -> None:
    assert "and 8 more" in describe_shape({f"field_{number}": 1 for number in range(20)})


@given(JSON)
def test_any_value_has_a_short_description(document: Any) -> None:
    if not isinstance(document, dict) or source_of(document) is None:
        text = describe_shape(document)
        assert text and len(text) < 1_000 and text.isprintable()
