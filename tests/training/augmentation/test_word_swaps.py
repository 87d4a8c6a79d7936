from random import Random

from hypothesis import given
from hypothesis import strategies as st

from training.augmentation import Edit
from training.augmentation.word_swaps import char_swaps


def applied(text: str, edit: Edit) -> str:
    return text[: edit.start] + edit.replacement + text[edit.end :]


def test_all_four_kinds_of_typing_errors_come_up() -> None:
    made = {applied("headache", edit) for seed in range(200) for edit in char_swaps("headache", Random(seed))}
    assert "haedache" in made
    assert "headahe" in made
    assert {len(word) for word in made} == {7, 8, 9}
    assert any(len(word) == 8 and sorted(word) != sorted("headache") for word in made)


@given(st.from_regex(r"[a-zA-Z]{4,12}", fullmatch=True), st.integers(0, 10**6))
def test_a_word_keeps_its_first_letter_and_all_but_two_of_its_letters(word: str, seed: int) -> None:
    for edit in char_swaps(word, Random(seed)):
        new = applied(word, edit)
        assert new != word
        assert new[0] == word[0]
        assert len(new) - len(word) in (-1, 0, 1)
        assert edit.end - edit.start <= 2


def test_only_words_of_four_letters_and_more_change_and_neither_negations_nor_masks() -> None:
    kept = (
        "I could not, never, don't, cannot ask @username1 https://t.co/abcdef #sleepless <DRUG> b1234 a-tired"
    )
    assert char_swaps(kept, Random(1)) == []
    assert char_swaps("cafe\u0301", Random(1)) == []  # its accent is a character of its own


def test_a_word_in_capitals_gets_capitals() -> None:
    assert all(
        edit.replacement.isupper() for seed in range(50) for edit in char_swaps("SLEEPY", Random(seed))
    )
