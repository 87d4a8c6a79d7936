from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.terminology import Llt, Terminology, read_release
from training.corpora import clean_sentences, read_lay_phrases, read_records
from training.corpora.cleaning import (
    comparison_form,
    drop_duplicates,
    drop_repeated_ids,
    drop_shared,
    lift_codes,
    longest_spans,
)
from training.corpora.reading_log import ReadingLog
from training.errors import CorpusError
from training.examples import AnnotatedSpan, Example

NAMES = Terminology({"1": "Rash", "2": "Itch"}, (Llt("3", "Red skin", "1"),))
SOURCE = Path("corpus")


def lift(span: AnnotatedSpan, log: ReadingLog | None = None) -> AnnotatedSpan:
    [example] = lift_codes([Example("a", "text", 1, (span,))], NAMES, SOURCE, log or ReadingLog(strict=True))
    return example.spans[0]


@pytest.mark.parametrize(
    ("annotated", "expected"),
    [
        (AnnotatedSpan(0, 4, "1"), AnnotatedSpan(0, 4, "1", "Rash")),
        (AnnotatedSpan(0, 4, "3"), AnnotatedSpan(0, 4, "1", "Rash", "3")),
        (AnnotatedSpan(0, 4, None, None, "3"), AnnotatedSpan(0, 4, "1", "Rash", "3")),
        (AnnotatedSpan(0, 4, "2", "itching", "3"), AnnotatedSpan(0, 4, "2", "Itch", "3")),
        (AnnotatedSpan(0, 4, "9", None, "3"), AnnotatedSpan(0, 4, "1", "Rash", "3")),
        (AnnotatedSpan(0, 4), AnnotatedSpan(0, 4)),
    ],
)
def test_codes_of_both_levels_become_pts(annotated: AnnotatedSpan, expected: AnnotatedSpan) -> None:
    assert lift(annotated) == expected


def test_a_span_with_an_unknown_code_stays_without_a_code(tmp_path: Path) -> None:
    log = ReadingLog()
    assert lift(AnnotatedSpan(0, 4, "9"), log) == AnnotatedSpan(0, 4)
    assert log.dropped == {"unknown code": 1}


def test_an_unknown_code_is_an_error_if_the_log_is_strict() -> None:
    with pytest.raises(CorpusError, match="9 of 'text' in a"):
        lift(AnnotatedSpan(0, 4, "9"))


def test_of_nested_spans_the_longest_is_kept() -> None:
    text = "Patients had severe peripheral neuropathy and rash."
    spans = (AnnotatedSpan(31, 41), AnnotatedSpan(20, 41), AnnotatedSpan(46, 50))
    [kept] = clean_sentences([Example("a", text, 1, spans)])
    assert [text[span.start : span.end] for span in kept.spans] == ["peripheral neuropathy", "rash"]


@pytest.mark.parametrize(
    "text", ["6 ADVERSE REACTIONS", "5.1 WARNINGS AND PRECAUTIONS FOR ALL", "- Rash", "x" * 500]
)
def test_headings_and_fragments_are_left_out(text: str) -> None:
    assert clean_sentences([Example("a", text, 0)]) == []


def test_the_shared_corpora_can_be_read_whole(shared: Path) -> None:
    names = read_release(shared / "terminology")
    for corpus in ("tac2017_train.jsonl", "ade_corpus_v2.jsonl"):
        examples = read_records(shared / "corpora" / corpus)
        assert sum(example.label for example in examples) > 4_000
    assert len(read_lay_phrases(shared / "corpora" / "lay_phrases.tsv")) > 1_500
    assert len(names.llts) > len(names.pt_names) > 1_000


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
def test_texts_that_differ_in_case_links_or_retweet_marks_are_the_same(other: str) -> None:
    assert comparison_form(other) == comparison_form("So sick of it http://t.co/abc")


def test_texts_with_other_words_are_different() -> None:
    assert comparison_form("so sick of it") != comparison_form("so sick of him")


def test_a_repeated_record_is_noted_but_another_record_of_its_id_is_a_fault() -> None:
    first, other = Example("a", "text", 0), Example("a", "another", 0)
    log = ReadingLog(strict=True)
    assert drop_repeated_ids([first, first], SOURCE, log) == [first]
    with pytest.raises(CorpusError, match="two records of one id"):
        drop_repeated_ids([first, other], SOURCE, log)


def test_equal_texts_with_equal_annotations_count_once() -> None:
    log = ReadingLog()
    rash = (AnnotatedSpan(0, 4),)
    examples = [
        Example("a", "Rash again", 1, rash),
        Example("b", "Rash again", 1, rash),
        Example("c", "Rash again", 0),
        Example("d", "rash again", 1, rash),
    ]
    assert ids(drop_duplicates(examples, SOURCE, log)) == ["a", "c", "d"]
    assert sorted(log.noted.values()) == [1, 1]


def test_texts_of_validation_and_test_are_dropped_from_training() -> None:
    splits = {
        "train": [Example("a", "one", 0), Example("b", "two", 0), Example("c", "THREE", 0)],
        "valid": [Example("d", "One", 0), Example("e", "four", 0)],
        "test": [Example("f", "three", 0), Example("g", "four", 0)],
    }
    log = ReadingLog(strict=True)
    cleaned = drop_shared(splits, SOURCE, log, keep=False)
    assert {name: ids(examples) for name, examples in cleaned.items()} == {
        "train": ["b"],
        "valid": ["d", "e"],
        "test": ["f", "g"],
    }
    assert log.noted.total() == 3


def test_shared_texts_that_are_kept_are_noted() -> None:
    splits = {"train": [Example("a", "one", 0)], "valid": [Example("d", "One", 0)]}
    log = ReadingLog()
    assert drop_shared(splits, SOURCE, log, keep=True) == splits
    assert log.noted.total() == 1


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=8))
def test_the_longest_spans_do_not_overlap_and_none_that_is_dropped_is_longer(
    places: list[tuple[int, int]],
) -> None:
    spans = tuple(AnnotatedSpan(start, start + length) for start, length in places)
    kept = longest_spans(spans)
    assert all(left.end <= right.start for left, right in pairwise(kept))
    for span in spans:
        rivals = [k for k in kept if k.start < span.end and span.start < k.end]
        assert any(k.end - k.start >= span.end - span.start for k in rivals)
