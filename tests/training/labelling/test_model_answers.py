"""Quotes become spans of the text, or faults; never anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.labelling import UnusableAnswerError, place_quote, read_answer


@pytest.mark.parametrize(
    ("text", "quote", "occurrence", "place"),
    [
        ("so dizzy today", "dizzy", None, "dizzy"),
        ("so DIZZY today", "dizzy", None, "DIZZY"),
        ("can't  sleep\nat all", "Can’t sleep at all", None, "can't  sleep\nat all"),
        ("can’t sleep", "can't sleep", None, "can’t sleep"),
        ("so dizzy, so sick", '"so sick."', None, "so sick"),
        ("no appetite–none", "no appetite-none", None, "no appetite–none"),
        ("Pain! I have pain", "pain", None, "pain"),
        ("headaches, and an ache", "ache", None, "ache"),
        ("😵 dizzy 😵", "dizzy 😵", None, "dizzy 😵"),
    ],
)
def test_quotes_are_corrected(text: str, quote: str, occurrence: int | None, place: str) -> None:
    start, end = place_quote(text, quote, occurrence)
    assert text[start:end] == place


def test_an_occurrence_chooses_among_several_places() -> None:
    text = "pain here, Pain there, pain everywhere"
    assert [place_quote(text, "pain", number)[0] for number in (1, 2, 3)] == [0, 11, 23]
    for occurrence in (None, 4, 0, "1", True, 1.0):
        with pytest.raises(UnusableAnswerError):
            place_quote(text, "pain", occurrence)


@pytest.mark.parametrize("quote", ["", "  ", "...", None, 5, ["dizzy"], "nausea", "dizzy today so"])
def test_words_that_are_not_there_are_faults(quote: object) -> None:
    with pytest.raises(UnusableAnswerError):
        place_quote("so dizzy today", quote)


WORD = st.text(
    st.characters(exclude_categories=("Zs", "Zl", "Zp", "Cc", "Cs")), min_size=1, max_size=6
).filter(lambda word: word.split() == [word])


@given(st.lists(WORD, min_size=1, max_size=8), st.data())
def test_words_of_any_text_are_found_where_they_are(words: list[str], data: st.DataObject) -> None:
    text = " \t".join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    quote = " ".join(words[first : last + 1])
    try:
        start, end = place_quote(text, quote)
    except UnusableAnswerError as fault:
        assert "times" in str(fault)
        start, end = place_quote(text, quote, 1)
    assert len(text[start:end].split()) == last - first + 1


@given(st.text(), st.text(), st.one_of(st.none(), st.integers(-2, 5)))
def test_anything_is_a_span_or_a_fault(text: str, quote: str, occurrence: int | None) -> None:
    try:
        start, end = place_quote(text, quote, occurrence)
    except UnusableAnswerError:
        return
    assert 0 <= start < end <= len(text)


@given(st.text(), st.text(max_size=40))
def test_any_answer_is_labels_or_a_fault(content: str, text: str) -> None:
    for answer in (content, f'{{"adverse_effect": true, "effects": [{content}]}}'):
        try:
            labels = read_answer(answer, text)
        except UnusableAnswerError:
            continue
        assert labels.label == bool(labels.spans)
