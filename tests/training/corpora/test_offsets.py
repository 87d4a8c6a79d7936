"""What offsets count is detected, and words that are cut are noted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.corpora.corpus_options import OFFSET_UNITS, OffsetUnit
from training.corpora.offsets import OffsetTable, cuts_word, detect_unit, note_cut_words
from training.corpora.reading_log import ReadingLog
from training.examples import AnnotatedSpan, Example

TEXT = "😀 this naïve 💊 gave me a rash 😡 and hives"


def encoded_length(text: str, unit: OffsetUnit) -> int:
    if unit == "codepoints":
        return len(text)
    return len(text.encode("utf-16-le")) // 2 if unit == "utf16" else len(text.encode())


def place_of(word: str, unit: OffsetUnit) -> tuple[int, int]:
    start = TEXT.index(word)
    return encoded_length(TEXT[:start], unit), encoded_length(TEXT[: start + len(word)], unit)


@pytest.mark.parametrize("unit", OFFSET_UNITS)
@pytest.mark.parametrize("words_are_known", [True, False])
def test_the_unit_is_detected(unit: OffsetUnit, words_are_known: bool) -> None:
    places = [(*place_of(word, unit), word if words_are_known else None) for word in ("rash", "hives")]
    assert detect_unit([(TEXT, places)]) == unit


def test_texts_in_ascii_decide_nothing() -> None:
    assert detect_unit([("a rash", [(3, 5, None)])]) == "codepoints"


@given(st.text(st.characters(exclude_categories=("Cs",))), st.sampled_from(OFFSET_UNITS))
def test_every_character_is_found_at_its_offset(text: str, unit: OffsetUnit) -> None:
    table = OffsetTable(text, unit)
    for index in range(len(text) + 1):
        assert table.index_of(encoded_length(text[:index], unit)) == index


def test_an_offset_within_a_character_is_outside() -> None:
    assert OffsetTable("😀", "utf16").index_of(1) is None
    assert OffsetTable("😀", "utf16").index_or_outside(1) == 2


@pytest.mark.parametrize(
    ("text", "index", "cut"),
    [("a rash", 3, True), ("a rash", 2, False), ("#rash", 1, False), ("rash", 4, False), ("ปวดหัว", 3, False)],
)
def test_a_word_is_cut_between_its_letters(text: str, index: int, cut: bool) -> None:
    assert cuts_word(text, index) == cut


def test_spans_that_cut_words_are_noted_with_their_text() -> None:
    log = ReadingLog()
    examples = [
        Example("a", "an awful headache", 1, (AnnotatedSpan(13, 17),)),
        Example("b", "a rash", 1, (AnnotatedSpan(2, 6),)),
    ]
    note_cut_words(examples, Path("corpus"), log)
    [fault] = log.places["span that starts or ends within a word"]
    assert "'ache'" in fault.detail
    assert "(a)" in fault.detail
