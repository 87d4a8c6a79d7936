"""One spelling for many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.normalizer.canonical_words import canonical_words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oedema", "edema"),
        ("Diarrhoea", "diarrhea"),
        ("Haemorrhage of the anaemic", "hemorrhage anemic"),
        ("oesophageal tumour", "Esophageal tumor"),
        ("Ischaemia", "ISCHEMIA"),
        ("hospitalisation", "hospitalization"),
        ("Rashes", "rash"),
        ("allergies", "allergy"),
        ("soooo dizzyyyy", "so dizzy"),
        ("naïve", "naive"),
        ("can’t sleep", "cant sleep"),
        ("ALT raised", "Alanine aminotransferase increased"),
        ("UTIs", "urinary tract infection"),
        ("threw up", "vomiting"),
        ("SJS/TEN", "Stevens-Johnson syndrome, toxic epidermal necrolysis"),
        ("a bad HA", "bad headache"),
        ("tired af", "tiredness"),
        ("pre-hypertension", "Prehypertension"),
        ("post traumatic", "post-traumatic"),
        ("my rash, which itches!", "rash itch"),
    ],
)
def test_what_is_written_in_two_ways_is_read_as_one(one: str, other: str) -> None:
    assert canonical_words(one) == canonical_words(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("blood pressure increased", "blood pressure decreased"),
        ("hyperkalaemia", "hypokalaemia"),
        ("type I", "type III"),
        ("Sleepiness", "Somnolence"),
        ("gained ten pounds", "gained toxic epidermal necrolysis pounds"),
        ("GAINED TEN POUNDS", "gained toxic epidermal necrolysis pounds"),
        ("every 4 hr", "every 4 heart rate"),
    ],
)
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert canonical_words(one) != canonical_words(other)


def test_a_span_of_words_that_say_nothing_keeps_them() -> None:
    assert canonical_words("in my") == ["in", "my"]


@given(st.text(st.characters(codec=None)))
def test_any_text_at_all_has_words_of_letters_and_digits(text: str) -> None:
    found = canonical_words(text)
    assert all(word and word.isalnum() for word in found), found


@given(st.text("abce é🤢頭", min_size=1), st.integers(2, 4))  # no d: ED in capitals is an abbreviation
def test_case_and_space_change_nothing(text: str, times: int) -> None:
    assert canonical_words(text.upper()) == canonical_words(text)
    assert canonical_words(text.replace(" ", " " * times)) == canonical_words(text)


def test_a_text_of_a_megabyte_is_cut() -> None:
    assert len(canonical_words("pain here " * 100_000)) <= 80
