from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from training.description import Lengths, count_ptids, measure_texts
from training.examples import AnnotatedSpan, Example


def coded(*codes: str) -> list[Example]:
    return [Example(str(n), "rash", 1, (AnnotatedSpan(0, 4, code),)) for n, code in enumerate(codes)]


def test_ptids_are_ranked_by_their_spans() -> None:
    distribution = count_ptids([*coded("2", "1", "1", "3"), Example("x", "rash", 1, (AnnotatedSpan(0, 4),))])
    assert list(distribution.counts.items()) == [("1", 2), ("2", 1), ("3", 1)]
    assert distribution.covered() == [0.5, 0.75, 1.0]
    assert distribution.coverage() == {1: 0.5, 2: 0.75, 3: 1.0}


def test_a_class_needs_more_than_three_examples() -> None:
    distribution = count_ptids(coded(*"1111", *"222", "3"))
    assert distribution.classes() == (1, 0.5)


def test_ptids_that_training_lacks_are_unseen() -> None:
    distribution = count_ptids(coded("1", "2", "2", "3"), known={"1", "9"})
    assert distribution.unseen == ("2", "3")
    assert distribution.unseen_spans == 3


@given(st.lists(st.integers(1, 12).map(str)))
def test_each_ptid_falls_into_one_bin(codes: list[str]) -> None:
    distribution = count_ptids(coded(*codes))
    bins = distribution.bins()
    assert sum(ptids for _, _, ptids, _ in bins) == len(set(codes))
    assert sum(spans for _, _, _, spans in bins) == len(codes)
    assert all(low <= high for low, high, _, _ in bins)


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


def test_all_figures_of_an_empty_split_are_zero() -> None:
    figures = measure_texts([])
    assert figures.texts == figures.spans == 0
    assert figures.characters == Lengths()


def test_at_most_one_in_twenty_is_longer_than_the_95th_percentile() -> None:
    assert [Lengths.of(range(1, n + 1)).p95 for n in (1, 19, 20, 21, 100)] == [1, 19, 19, 20, 95]
