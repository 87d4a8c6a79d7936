"""Annotated mentions are checked against the text, and phrases without offsets are found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.corpora.mentions import (
    AnnotatedMention,
    find_phrase,
    find_scattered,
    join_parts,
    read_characters,
)
from training.errors import CorpusError


@pytest.mark.parametrize(
    ("parts", "words", "fault"),
    [
        (((3, 7),), "sick", None),
        (((3, 7), (10, 14)), "sick  and", None),
        (((3, 7),), None, None),
        (((3, 7),), "Sick", "'Sick' is not at 3-7, where the text says 'sick'"),
        (((2, 3),), None, "at 2-3 there is only white space"),
        (((3, 99),), None, "3-99 lies outside the text of 14 characters"),
        (((7, 3),), None, "7-3 lies outside the text of 14 characters"),
    ],
)
def test_a_mention_is_compared_with_the_text(
    parts: tuple[tuple[int, int], ...], words: str | None, fault: str | None
) -> None:
    assert AnnotatedMention(parts, words).fault_in("so sick, \n and") == fault


def test_parts_that_touch_or_overlap_are_joined() -> None:
    assert join_parts([(8, 9), (0, 3), (3, 5), (4, 6)], "abcdefg-ij") == ((0, 6), (8, 9))


@pytest.mark.parametrize(
    ("phrase", "places"),
    [
        ("ache", [(19, 23)]),
        ("head", [(0, 4)]),
        ("dull  ACHE", [(14, 23)]),
        ("", []),
        ("rash", []),
    ],
)
def test_whole_words_are_found_before_parts_of_words(phrase: str, places: list[tuple[int, int]]) -> None:
    assert find_phrase(phrase, "headaches and dull ache") == places


def test_scattered_words_are_found_in_the_smallest_range() -> None:
    assert find_scattered("felt dizzy", "I felt ill, felt very dizzy") == (12, 27)
    assert find_scattered("felt dizzy", "I felt dizzy, felt so dizzy") == (2, 12)
    assert find_scattered("felt dizzy", "dizzy is what I felt") is None
    assert find_scattered("", "felt dizzy") is None


@pytest.mark.parametrize(("gap", "is_found"), [(1, False), (2, True)])
def test_scattered_words_may_have_a_limited_number_of_words_between_them(gap: int, is_found: bool) -> None:
    assert (find_scattered("felt dizzy", "felt oh so dizzy", gap=gap) is not None) == is_found


def test_by_default_four_other_words_may_stand_between() -> None:
    assert find_scattered("felt dizzy", "felt a b c d dizzy") == (0, 18)
    assert find_scattered("felt dizzy", "felt a b c d e dizzy") is None


def test_a_file_that_is_too_large_or_missing_is_reported(tmp_path: Path) -> None:
    (tmp_path / "large.txt").write_bytes(b"12345")
    assert read_characters(tmp_path / "large.txt", largest=5) == "12345"
    with pytest.raises(CorpusError, match=r"large\.txt has 5 bytes"):
        read_characters(tmp_path / "large.txt", largest=4)
    with pytest.raises(CorpusError, match=r"gone\.txt"):
        read_characters(tmp_path / "gone.txt")
