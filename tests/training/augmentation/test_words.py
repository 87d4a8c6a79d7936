from random import Random

from hypothesis import given
from hypothesis import strategies as st

from training.augmentation.words import char_swaps
from training.edits import Edit


def applied(text: str, edit: Edit) -> str:
    return text[: edit.start] + edit.replacement + text[edit.end :]


def test_all_four_kinds_of_typing_errors_occur() -> None:
    misspellings = {
        applied("headache", edit) for seed in range(200) for edit in char_swaps("headache", Random(seed))
    }
    assert "haedache" in misspellings
    assert "headahe" in misspellings
    assert {len(word) for word in misspellings} == {7, 8, 9}
    assert any(len(word) == 8 and sorted(word) != sorted("headache") for word in misspellings)


@given(st.from_regex(r"[a-zA-Z]{4,12}", fullmatch=True), st.integers(0, 10**6))
def test_a_typing_error_keeps_the_first_letter_and_changes_at_most_two(word: str, seed: int) -> None:
    for edit in char_swaps(word, Random(seed)):
        new = applied(word, edit)
        assert new != word
        assert new[0] == word[0]
        assert len(new) - len(word) in (-1, 0, 1)
        assert edit.end - edit.start <= 2


def test_short_words_negations_and_masks_stay() -> None:
    kept = (
        "I could not, never, don't, cannot ask @username1 https://t.co/abcdef #sleepless <DRUG> b1234 a-tired"
    )
    assert char_swaps(kept, Random(1)) == []
    assert char_swaps("cafe\u0301", Random(1)) == []  # its accent is a separate character


def test_a_word_in_capitals_gets_capital_letters() -> None:
    assert all(
        edit.replacement.isupper() for seed in range(50) for edit in char_swaps("SLEEPY", Random(seed))
    )
