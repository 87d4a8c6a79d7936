"""The words of two readers are put together by their characters."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import SpanChoice
from models.scoring import ReadWord, combine_words, decode_spans

TEXT = "it can't sleep"


@st.composite
def words_of_a_text(draw: st.DrawFn) -> list[ReadWord]:
    """Any words in order, without overlaps, in the first 30 characters."""
    bounds = sorted(draw(st.sets(st.integers(0, 30), max_size=12)))
    spans = list(zip(bounds[::2], bounds[1::2], strict=False))
    return [ReadWord(start, end, draw(st.floats(0, 1)), draw(st.integers(1, 4))) for start, end in spans]


def test_equal_words_have_the_mean_of_their_log_odds() -> None:
    [word] = combine_words([ReadWord(0, 5, 0.9)], [ReadWord(0, 5, 0.2)], "mean")
    log_odds = (math.log(0.9 / 0.1) + math.log(0.2 / 0.8)) / 2
    assert (word.start, word.end) == (0, 5)
    assert word.score == pytest.approx(1 / (1 + math.exp(-log_odds)))


def test_words_that_are_cut_differently_become_one() -> None:
    first = [ReadWord(0, 2, 0.01), ReadWord(3, 8, 0.9, tokens=3), ReadWord(9, 14, 0.9)]
    second = [ReadWord(0, 2, 0.01), ReadWord(3, 6, 0.8), ReadWord(6, 8, 0.8), ReadWord(9, 14, 0.8)]
    words = combine_words(first, second, "mean")
    assert [(word.start, word.end) for word in words] == [(0, 2), (3, 8), (9, 14)]
    assert [(span.start, span.end) for span in decode_spans(TEXT, words)] == [(3, 14)]


def test_the_union_takes_the_words_of_either() -> None:
    first, second = [ReadWord(0, 2, 0.9), ReadWord(3, 8, 0.1)], [ReadWord(0, 2, 0.1), ReadWord(3, 8, 0.9)]
    assert [round(word.score, 6) for word in combine_words(first, second, "union")] == [0.9, 0.9]


@pytest.mark.parametrize("how", ["mean", "union"])
def test_a_word_that_one_reader_lacks_keeps_its_score(how: SpanChoice) -> None:
    words = combine_words([ReadWord(0, 2, 0.7), ReadWord(3, 4, 0.8)], [ReadWord(0, 2, 0.7)], how)
    assert [round(word.score, 6) for word in words] == [0.7, 0.8]


def test_one_reader_alone_is_returned_as_it_is() -> None:
    first, second = [ReadWord(0, 2, 0.7)], [ReadWord(0, 3, 0.6)]
    assert combine_words(first, second, "first") == tuple(first)
    assert combine_words(first, second, "second") == tuple(second)


@given(words_of_a_text(), words_of_a_text(), st.sampled_from(["mean", "union"]))
def test_combined_words_are_ordered_and_cover_both(
    first: list[ReadWord], second: list[ReadWord], how: SpanChoice
) -> None:
    words = combine_words(first, second, how)
    for before, after in pairwise(words):
        assert before.end <= after.start
    for part in [*first, *second]:
        assert sum(word.start <= part.start and part.end <= word.end for word in words) == 1
    assert all(0 <= word.score <= 1 and word.tokens >= 1 for word in words)
