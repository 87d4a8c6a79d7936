"""Phrases as people type them stay phrases, and change by one word at most."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from training.retrieval.misspelling import as_typed


@given(st.text(max_size=60), st.integers(0, 1_000))
def test_any_text_stays_a_text_of_about_its_length(text: str, seed: int) -> None:
    typed = as_typed(text, Random(seed))
    assert bool(typed.strip()) == bool(text.strip())
    if text.isascii():
        assert abs(len(typed) - len(text)) <= 1


def test_words_get_typing_errors_and_capitals_change() -> None:
    typed = {as_typed("terrible headache", Random(seed)) for seed in range(60)}
    assert "TERRIBLE HEADACHE" in typed
    assert any("headache" in text and "terrible" not in text for text in typed)
    assert all(len(text.split()) == 2 for text in typed)
