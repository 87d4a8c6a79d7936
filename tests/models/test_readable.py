"""Texts as the tokenizer reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.readable import readable


@given(st.text(st.characters()))
def test_offsets_stay(text: str) -> None:
    assert len(readable(text)) == len(text)


@given(st.text(st.characters()))
def test_what_is_read_can_be_written_as_utf_8_and_is_not_changed_again(text: str) -> None:
    once = readable(text)
    once.encode()
    assert readable(once) == once


@given(st.text(st.characters(max_codepoint=0x24F, exclude_categories=["Cc", "Zs", "No", "Po", "Sk", "Lo"])))
def test_letters_of_the_alphabet_stay(text: str) -> None:
    assert all(a == b for a, b in zip(readable(text), text, strict=True) if a.isascii() or b.isascii())


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
    assert readable(written) == read
