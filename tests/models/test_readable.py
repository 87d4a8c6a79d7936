"""Texts as the tokenizer reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encoder.tokenization import plain_letters


@given(st.text(st.characters()))
def test_offsets_stay(text: str) -> None:
    assert len(plain_letters(text)) == len(text)


@given(st.text(st.characters()))
def test_what_is_read_can_be_written_as_utf_8_and_is_not_changed_again(text: str) -> None:
    once = plain_letters(text)
    once.encode()
    assert plain_letters(once) == once


@given(st.text("abcxyzABCXYZ0189 .,!?'éñöüßçøåÀŠž😵\u0301"))
def test_plain_letters_accents_and_emoji_stay(text: str) -> None:
    assert plain_letters(text) == text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("𝐝𝐢𝐳𝐳𝐲", "dizzy"),
        ("ｄｉｚｚｙ", "dizzy"),
        ("ⓓizzy", "dizzy"),
        ("dizzy\ud83d", "dizzy\ufffd"),
        ("dizzy 😵 naïve ½", "dizzy 😵 naïve ½"),
    ],
)
def test_letters_of_other_shapes_become_plain(written: str, read: str) -> None:
    assert plain_letters(written) == read
