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

LAST_CODE = 0xE0FFF
"""The last character to compare; behind it come only those for private use."""

ZOLOFT = [
    "zoloft😭",
    "😭zoloft😭",
    "zoloft’s",
    "“zoloft”",
    "«Zoloft»",
    "zoloft…",
    "zoloft—never",
    "zoloft\u00a0now",
    "zoloft\u200d",
    "zoloft\ufe0f",
    "zoloft\u20e3",
    "zoloft™",
    "zoloft²",
    "（zoloft）！",
    "¿zoloft?",
    "dose、zoloft。",
    "zoloft،",
    "@zoloft_fan",
    "#Zoloft!",
    "zoloft/xanax.Now",
]
"""Texts with the drug, next to symbols of many kinds."""

QUERY = f"SELECT {WORDS.format(text='%(text)s')} @@ phraseto_tsquery('simple', %(phrase)s)"

# Letters whose lower case Python and PostgreSQL may know from different versions of Unicode are left out.
letters = st.characters(categories=["Lu", "Ll", "Lo", "Mn", "Nd"], max_codepoint=0xFFFF).filter(
    lambda character: unicodedata.name(character, "") != ""
)
ascii_text = st.text(st.characters(max_codepoint=0x7F, exclude_characters="\0"), max_size=12)
latin_text = st.text(st.characters(min_codepoint=0x80, max_codepoint=0xFF), max_size=6)
words = st.text(st.sampled_from("ab1eE9ZÉßΣİ"), min_size=1, max_size=4)
emoji = st.sampled_from(["😭", "👩🏽\u200d⚕\ufe0f", "1\ufe0f\u20e3", "🇩🇪", "💊", "\u200d", "\ufe0f"])
typography = st.sampled_from([*"“”’…™—«»¿·²½、。・،؟।（！", "\u00ad", "\ufeff"])
spaces = st.sampled_from("\u00a0\u2009\u3000\u1680\u2028\x85")
letters_and_marks = st.sampled_from(
    ["Ｚ", "１", "e\u0301", "\u0301", "\u0345", "\u0483", "١٢", "७", "ﬁ", "㏒"]
)
symbols = emoji | typography | spaces | letters_and_marks
mixed_text = st.lists(ascii_text | words | st.text(letters, max_size=4), max_size=6).map("".join)
wild_text = st.lists(words | mixed_text | latin_text | symbols, max_size=8).map("".join)
no_function_scope = profile(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def part_of(data: st.DataObject, text: str) -> str:
    """Draw a phrase, often one that is in the text."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    return data.draw(st.sampled_from([text[start:end], text[start:end].upper()]) | wild_text)


@pytest.fixture(scope="module")
def database(postgres: Any) -> Any:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        yield connection


def found_by_database(connection: Any, text: str, phrase: str) -> bool:
    row = connection.execute(QUERY, {"text": text, "phrase": spaced(phrase)}).fetchone()
    return bool(row[0])


@no_function_scope
@given(wild_text, st.data())
def test_filter_and_database_find_the_same_phrases(database: Any, text: str, data: st.DataObject) -> None:
    phrase = part_of(data, text)
    assert contains_phrase(text, phrase) == found_by_database(database, text, phrase)


@no_function_scope
@given(wild_text)
def test_filter_and_database_split_a_text_into_the_same_words(database: Any, text: str) -> None:
    vector = f"SELECT lexeme FROM unnest({WORDS.format(text='%(text)s')})"
    assert {lexeme for (lexeme,) in database.execute(vector, {"text": text})} == set(words_of(text))


def test_filter_and_database_agree_on_every_character(database: Any) -> None:
    vector = WORDS.format(text="'a' || chr(code) || 'b'")
    separators = database.execute(
        f"SELECT code FROM generate_series(1, {LAST_CODE}) AS code "
        f"WHERE code NOT BETWEEN x'd800'::int AND x'dfff'::int AND length({vector}) > 1"
    )
    expected = [code for code in range(1, LAST_CODE + 1) if len(words_of(f"a{chr(code)}b")) > 1]
    assert [code for (code,) in separators] == expected


@pytest.mark.parametrize("text", ZOLOFT)
def test_filter_and_database_find_a_drug_next_to_any_symbol(database: Any, text: str) -> None:
    for phrase in ("zoloft", "ZOLOFT", "#zoloft", "“Zoloft”", "zoloft💊"):
        assert contains_phrase(text, phrase)
        assert found_by_database(database, text, phrase)


@pytest.mark.parametrize(
    "text", ["zolofts", "notzoloft", "zoloft2", "2zoloft", "zoloftª", "zoloft\u0301", "зzoloft"]
)
def test_filter_and_database_find_whole_words_only(database: Any, text: str) -> None:
    assert not contains_phrase(text, "zoloft")
    assert not found_by_database(database, text, "zoloft")


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
