"""Tags of platforms become languages, whatever their age, region and case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.languages import parse_languages, primary_language


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("en-GB", "en"),
        ("en_US", "en"),
        ("eng", "en"),
        ("zh-Hant-TW", "zh"),
        ("cmn", "zh"),
        ("yue", "zh"),
        ("in", "id"),
        ("iw", "he"),
        ("ji", "yi"),
        ("nb", "no"),
        ("nn-NO", "no"),
        ("tl", "fil"),
        ("haw", "haw"),
    ],
)
def test_a_tag_names_its_language(tag: str, language: str) -> None:
    assert primary_language(tag) == language


@pytest.mark.parametrize(
    "tag",
    [None, "", "und", "zxx", "mul", "mis", "art", "qam", "qct", "qht", "qme", "qst", "English", "?", "x-y"],
)
def test_what_names_no_language_is_unknown(tag: str | None) -> None:
    assert primary_language(tag) is None


@given(st.text())
def test_any_text_is_a_language_or_unknown(tag: str) -> None:
    language = primary_language(tag)
    assert language is None or (2 <= len(language) <= 3 and primary_language(language) == language)


def test_a_list_is_sorted_and_has_each_language_once() -> None:
    assert parse_languages(["es", "en-GB", " en "]) == ("en", "es")


@pytest.mark.parametrize("tags", [[], ["*"], ["en", "*"]])
def test_an_empty_list_and_a_star_mean_every_language(tags: list[str]) -> None:
    assert parse_languages(tags) == ()


@pytest.mark.parametrize("tags", [["English"], ["en", "qme"], ["en,es"], [""]])
def test_a_list_with_something_else_is_refused(tags: list[str]) -> None:
    with pytest.raises(ValueError, match="is not a language tag"):
        parse_languages(tags)
