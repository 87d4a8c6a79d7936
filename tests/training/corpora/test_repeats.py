from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora.overlaps import longest_apart
from training.corpora.reading import ReadingLog
from training.corpora.repeats import same_form, without_duplicates, without_repeated_ids, without_shared
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

SOURCE = Path("corpus")


def ids(examples: list[Example]) -> list[str]:
    return [example.id for example in examples]


@pytest.mark.parametrize(
    "other",
    [
        "so SICK of it http://t.co/x",
        "so sick  of it https://t.co/other",
        "RT @someone: so sick of it www.x.org",
    ],
)
def test_case_links_and_retweets_make_no_other_text(other: str) -> None:
    assert same_form(other) == same_form("So sick of it http://t.co/abc")


def test_other_words_make_another_text() -> None:
    assert same_form("so sick of it") != same_form("so sick of him")


def test_the_same_record_again_is_no_fault_but_another_one_is() -> None:
    first, other = Example("a", "text", 0), Example("a", "another", 0)
    log = ReadingLog(strict=True)
    assert without_repeated_ids([first, first], SOURCE, log) == [first]
    with pytest.raises(CorpusError, match="two records of one id"):
        without_repeated_ids([first, other], SOURCE, log)


def test_equal_texts_that_are_annotated_alike_count_once() -> None:
    log = ReadingLog()
    rash = (AnnotatedSpan(0, 4),)
    examples = [
        Example("a", "Rash again", 1, rash),
        Example("b", "Rash again", 1, rash),
        Example("c", "Rash again", 0),
        Example("d", "rash again", 1, rash),
    ]
    assert ids(without_duplicates(examples, SOURCE, log)) == ["a", "c", "d"]
    assert sorted(log.noted.values()) == [1, 1]


def test_texts_of_validation_and_test_are_taken_out_of_training() -> None:
    splits = {
        "train": [Example("a", "one", 0), Example("b", "two", 0), Example("c", "THREE", 0)],
        "valid": [Example("d", "One", 0), Example("e", "four", 0)],
        "test": [Example("f", "three", 0), Example("g", "four", 0)],
    }
    log = ReadingLog(strict=True)
    found = without_shared(splits, SOURCE, log, keep=False)
    assert {name: ids(examples) for name, examples in found.items()} == {
        "train": ["b"],
        "valid": ["d", "e"],
        "test": ["f", "g"],
    }
    assert log.noted.total() == 3


def test_shared_texts_are_told_where_they_are_kept() -> None:
    splits = {"train": [Example("a", "one", 0)], "valid": [Example("d", "One", 0)]}
    log = ReadingLog()
    assert without_shared(splits, SOURCE, log, keep=True) == splits
    assert log.noted.total() == 1


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=8))
def test_of_any_spans_those_that_stay_lie_apart_and_none_is_longer(places: list[tuple[int, int]]) -> None:
    spans = tuple(AnnotatedSpan(start, start + length) for start, length in places)
    kept = longest_apart(spans)
    assert all(left.end <= right.start for left, right in pairwise(kept))
    for span in spans:
        rivals = [k for k in kept if k.start < span.end and span.start < k.end]
        assert any(k.end - k.start >= span.end - span.start for k in rivals)
