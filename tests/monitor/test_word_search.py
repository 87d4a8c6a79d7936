"""The rule for words in Python agrees with the full-text index of the database."""

from __future__ import annotations

import unicodedata
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from monitor.store.tables import WORDS
from monitor.word_search import contains_phrase, has_words, spaced, words_of

QUERY = f"SELECT {WORDS.format(text='%(text)s')} @@ phraseto_tsquery('simple', %(phrase)s)"

# Letters whose lower case Python and PostgreSQL may know from different versions of Unicode are left out.
letters = st.characters(categories=["Lu", "Ll", "Lo", "Mn", "Nd"], max_codepoint=0xFFFF).filter(
    lambda character: unicodedata.name(character, "") != ""
)
ascii_text = st.text(st.characters(max_codepoint=0x7F, exclude_characters="\0"), max_size=12)
words = st.text(st.sampled_from("ab1eE9ZÉßΣİ"), min_size=1, max_size=4)
mixed_text = st.lists(ascii_text | words | st.text(letters, max_size=4), max_size=6).map("".join)
wild_text = st.lists(mixed_text | st.sampled_from("😭“”’…™—\u00a0\u200d\ufe0f"), max_size=6).map("".join)
no_function_scope = profile(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def part_of(data: st.DataObject, text: str) -> str:
    """Draw a phrase, often one that is in the text."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    return data.draw(st.sampled_from([text[start:end], text[start:end].upper()]) | mixed_text)


@pytest.fixture(scope="module")
def database(postgres: Any) -> Any:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        yield connection


def found_by_database(connection: Any, text: str, phrase: str) -> bool:
    row = connection.execute(QUERY, {"text": text, "phrase": spaced(phrase)}).fetchone()
    return bool(row[0])


@no_function_scope
@given(mixed_text, st.data())
def test_filter_and_database_find_the_same_phrases(database: Any, text: str, data: st.DataObject) -> None:
    phrase = part_of(data, text)
    assert contains_phrase(text, phrase) == found_by_database(database, text, phrase)


@no_function_scope
@given(wild_text, st.data())
def test_the_filter_finds_what_the_database_finds(database: Any, text: str, data: st.DataObject) -> None:
    phrase = part_of(data, text)
    if words_of(phrase) and found_by_database(database, text, phrase):
        assert contains_phrase(text, phrase)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("#Zoloft/xanax.Now", ["zoloft", "xanax", "now"]),
        ("Zoloft😭 “zoloft’s”", ["zoloft", "zoloft", "s"]),
        ("20mg 1e5x\tΣΑΣ İ", ["20mg", "1e5", "x", "σασ", "i"]),
        ("... 💊 —", []),
    ],
)
def test_words_are_what_stands_between_separators(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_phrase_is_in_order_and_without_gaps() -> None:
    text = "st. johns wort and zoloft"
    assert contains_phrase(text, "Johns Wort")
    assert not contains_phrase(text, "wort johns")
    assert not contains_phrase(text, "st wort")
    assert not contains_phrase(text, "...")


@pytest.mark.parametrize(("text", "searchable"), [("a", True), ("١", True), ("...", False), ("💊", False)])
def test_a_search_needs_a_letter_or_a_digit(text: str, searchable: bool) -> None:
    assert has_words(text) is searchable
