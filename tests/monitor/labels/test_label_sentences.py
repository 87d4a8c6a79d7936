"""Sections are cut into sentences that keep all their words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.labels.label_sentences import LONGEST, sentences_of


def test_sentences_end_at_full_stops_and_lines() -> None:
    text = "Nausea (12%) and e.g. Rash occurred. Death, i.e. A fatal outcome!\nHeadache • Dizziness\n\n"
    assert list(sentences_of(text)) == [
        "Nausea (12%) and e.g. Rash occurred.",
        "Death, i.e. A fatal outcome!",
        "Headache",
        "Dizziness",
    ]


@given(st.text(alphabet="ab .!?)\n•A1", max_size=300) | st.text(max_size=100))
def test_no_letter_is_lost(text: str) -> None:
    sentences = list(sentences_of(text))
    letters = [character for sentence in sentences for character in sentence if character.isalnum()]
    assert letters == [character for character in text if character.isalnum()]
    assert all(sentence.strip() == sentence != "" for sentence in sentences)


def test_very_long_sentences_are_cut_at_a_space() -> None:
    pieces = list(sentences_of("nausea " * 1_000))
    assert all(len(piece) <= LONGEST for piece in pieces)
    assert " ".join(pieces).split() == ["nausea"] * 1_000
    assert [len(piece) for piece in sentences_of("x" * 2_500)] == [1_000, 1_000, 500]
