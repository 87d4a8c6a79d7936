"""Cells: ids, languages, platforms and kinds as tools write them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.tables.cell_values import (
    are_json_strings,
    id_of,
    json_string,
    kind_of,
    language_of,
    platform_of,
    post_id_in,
    text_of,
)


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (float("nan"), ""), (5, "5"), (5.0, "5"), (5.5, "5.5"), (date(2026, 3, 14), "2026-03-14")],
)
def test_cells_of_any_type_have_a_text(cell: Any, text: str) -> None:
    assert text_of(cell) == text


@pytest.mark.parametrize("cell", ["'57", '="57"', "=57", "`57", '"57"', " 57 ", "57.0", 57, 57.0])
def test_an_id_loses_what_protects_it_from_spreadsheets(cell: Any) -> None:
    assert id_of(cell) == "57"


@pytest.mark.parametrize("cell", ["", "NULL", None, "nan"])
def test_a_missing_id_is_blank(cell: Any) -> None:
    assert id_of(cell) == ""


@pytest.mark.parametrize(
    ("url", "post_id"),
    [
        ("https://twitter.com/ann/status/57?s=20", "57"),
        ("http://www.x.com/ann/statuses/57", "57"),
        ("https://bsky.app/profile/did:plc:abc/post/3k2", "bsky:did:plc:abc/3k2"),
        ("https://www.reddit.com/r/meds/comments/1ab/zoloft/", "reddit:t3_1ab"),
        ("https://www.reddit.com/r/meds/comments/1ab/zoloft/k9/", "reddit:t1_k9"),
        ("https://forum.example/status/57", None),
        ("", None),
    ],
)
def test_the_id_of_a_post_is_in_its_url(url: str, post_id: str | None) -> None:
    assert post_id_in(url) == post_id


@pytest.mark.parametrize(
    ("word", "platform"),
    [
        ("Twitter", "x"),
        ("X", "x"),
        ("SOCIALMEDIA_TWITTER", "x"),
        ("Tweet", "x"),
        ("Message Boards", "forum"),
        ("Reddit", "reddit"),
        ("Online News", "news"),
        ("Example", "example"),
        ("", None),
    ],
)
def test_platforms_have_our_names(word: str, platform: str | None) -> None:
    assert platform_of(word) == platform


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("retweet", "repost"),
        ("Reposts", "repost"),
        ("QUOTE", "quote"),
        ("comment", "reply"),
        ("original", None),
    ],
)
def test_kinds_have_our_names(word: str, kind: str | None) -> None:
    assert kind_of(word) == kind


@pytest.mark.parametrize(
    ("word", "tag"), [("English", "en"), ("en", "en"), ("pt_BR", "pt-BR"), ("", None), ("not a tag", None)]
)
def test_languages_have_tags(word: str, tag: str | None) -> None:
    assert language_of(word) == tag


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_json_string_is_decoded(text: str) -> None:
    assert json_string(json.dumps(text)) == text


@given(st.text())
def test_any_text_is_a_json_string_or_none(text: str) -> None:
    json_string(text)


def test_one_quoted_text_does_not_make_a_column_of_json_strings() -> None:
    assert not are_json_strings(['"hi"'])
    assert not are_json_strings(['"hi\\n"', "no"])
    assert are_json_strings(['"hi\\n"'])


@given(st.none() | st.text() | st.floats() | st.integers() | st.binary() | st.dates() | st.lists(st.text()))
def test_any_cell_has_a_text_and_an_id(cell: Any) -> None:
    text_of(cell)
    id_of(cell)
