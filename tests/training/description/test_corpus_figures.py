from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.description import Lengths, draw_ptids, measure_texts, spread_ptids
from training.description.corpus_charts import histogram_lines, ptid_lines
from training.examples import AnnotatedSpan, Example

PNG = b"\x89PNG\r\n\x1a\n"


def coded(*codes: str) -> list[Example]:
    return [Example(str(n), "rash", 1, (AnnotatedSpan(0, 4, code),)) for n, code in enumerate(codes)]


def test_ptids_are_ranked_by_their_spans() -> None:
    spread = spread_ptids([*coded("2", "1", "1", "3"), Example("x", "rash", 1, (AnnotatedSpan(0, 4),))])
    assert list(spread.counts.items()) == [("1", 2), ("2", 1), ("3", 1)]
    assert spread.covered() == [0.5, 0.75, 1.0]
    assert spread.coverage() == {1: 0.5, 2: 0.75, 3: 1.0}


def test_a_class_needs_more_than_three_examples() -> None:
    spread = spread_ptids(coded(*"1111", *"222", "3"))
    assert spread.classes() == (1, 0.5)


def test_ptids_that_training_lacks_are_counted() -> None:
    spread = spread_ptids(coded("1", "2", "2", "3"), known={"1", "9"})
    assert spread.unseen == ("2", "3")
    assert spread.unseen_spans == 3


@given(st.lists(st.integers(1, 12).map(str)))
def test_each_ptid_falls_into_one_bin_of_the_histogram(codes: list[str]) -> None:
    spread = spread_ptids(coded(*codes))
    bins = spread.bins()
    assert sum(ptids for _, _, ptids, _ in bins) == len(set(codes))
    assert sum(spans for _, _, _, spans in bins) == len(codes)
    assert all(low <= high for low, high, _, _ in bins)
    assert len(histogram_lines(spread)) == len(bins) + 1


def test_the_longest_bar_is_that_of_the_fullest_bin() -> None:
    lines = histogram_lines(spread_ptids(coded(*"123456", *"77")))
    bars = [line.count("█") for line in lines[1:]]
    assert bars[0] == max(bars) > bars[1] > 0


def test_the_text_tells_what_the_normalizer_can_learn() -> None:
    told = "\n".join(ptid_lines(spread_ptids(coded(*"1111", *"222", "3"), known={"1"})))
    assert "1, which cover 50.0%" in told
    assert "2 of 3, 50.0%" in told


@pytest.mark.parametrize("codes", ["1", "1111", "11112223"])
def test_the_histogram_is_drawn(codes: str) -> None:
    assert draw_ptids(spread_ptids(coded(*codes)), "train").startswith(PNG)


def test_without_codes_there_is_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="no coded spans"):
        draw_ptids(spread_ptids([Example("a", "rash", 1, (AnnotatedSpan(0, 4),))]), "train")


def test_texts_are_counted_and_measured() -> None:
    examples = [
        Example("a", "skin rash and itch", 1, (AnnotatedSpan(0, 9, "1"), AnnotatedSpan(14, 18)), "post"),
        Example("b", "fine", 0, (), "post"),
        Example("c", "fine", 0, ()),
        Example("d", "ill", 1, ()),
    ]
    figures = measure_texts(examples)
    assert (figures.texts, figures.distinct, figures.positive, figures.documents) == (4, 3, 2, 1)
    assert (figures.spans, figures.coded, figures.spans_per_text) == (2, 1, {0: 1, 2: 1})
    assert figures.words == Lengths(1, 1, 1.8, 4, 4)
    assert figures.span_characters == Lengths(4, 4, 6.5, 9, 9)


def test_of_nothing_all_figures_are_zero() -> None:
    figures = measure_texts([])
    assert figures.texts == figures.spans == 0
    assert figures.characters == Lengths()


def test_at_most_one_in_twenty_is_longer_than_the_95_percent() -> None:
    assert [Lengths.of(range(1, n + 1)).p95 for n in (1, 19, 20, 21, 100)] == [1, 19, 19, 20, 95]
