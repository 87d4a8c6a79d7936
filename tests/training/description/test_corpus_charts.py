"""The figures of a corpus are shown as charts and as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.description import count_ptids, draw_ptids, histogram_lines, ptid_lines
from training.examples import AnnotatedSpan, Example

PNG = b"\x89PNG\r\n\x1a\n"


def coded(*codes: str) -> list[Example]:
    return [Example(str(n), "rash", 1, (AnnotatedSpan(0, 4, code),)) for n, code in enumerate(codes)]


@given(st.lists(st.integers(1, 12).map(str)))
def test_the_histogram_has_a_line_for_each_bin(codes: list[str]) -> None:
    distribution = count_ptids(coded(*codes))
    assert len(histogram_lines(distribution)) == len(distribution.bins()) + 1


def test_the_longest_bar_is_that_of_the_fullest_bin() -> None:
    lines = histogram_lines(count_ptids(coded(*"123456", *"77")))
    bars = [line.count("█") for line in lines[1:]]
    assert bars[0] == max(bars) > bars[1] > 0


def test_the_text_states_what_the_normalizer_can_learn() -> None:
    text = "\n".join(ptid_lines(count_ptids(coded(*"1111", *"222", "3"), known={"1"})))
    assert "1, which cover 50.0%" in text
    assert "2 of 3, 50.0%" in text


@pytest.mark.parametrize("codes", ["1", "1111", "11112223"])
def test_the_histogram_is_drawn(codes: str) -> None:
    assert draw_ptids(count_ptids(coded(*codes)), "train").startswith(PNG)


def test_a_split_without_codes_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no coded spans"):
        draw_ptids(count_ptids([Example("a", "rash", 1, (AnnotatedSpan(0, 4),))]), "train")
