"""Which words count as misspellings of a name."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from monitor.enrich.drugs import DrugMatcher
from monitor.enrich.drugs.misspellings import MisspellingSearch, mistakes_allowed
from monitor.findings import DrugNaming

NAMES = ["zoloft", "lexapro", "metformin", "sertraline", "wellbutrin", "gabapentin", "quetiapine"]
SEARCH = MisspellingSearch(NAMES, {"metformed"})


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("zolof", "zoloft"),
        ("zolloft", "zoloft"),
        ("zolfot", "zoloft"),
        ("zoloff", "zoloft"),
        ("zolooof", None),
        ("lexipro", "lexapro"),
        ("lexaptro", None),
        ("metforman", "metformin"),
        ("metaforman", "metformin"),
        ("metformed", None),
        ("sertralin", "sertraline"),
        ("certraline", "sertraline"),
        ("welbutren", "wellbutrin"),
        ("gabapenton", "gabapentin"),
        ("quetapine", "quetiapine"),
        ("quitipine", "quetiapine"),
        ("zoloft", None),
        ("", None),
    ],
)
def test_a_word_is_corrected_if_it_is_close_enough(word: str, name: str | None) -> None:
    matches = SEARCH.find(f" so {word} it is ")
    assert matches == ([] if name is None else [(1, name)])


@given(st.sampled_from(NAMES), st.data())
def test_a_letter_left_out_doubled_or_swapped_is_found(name: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(1, len(name) - 2))
    edits = [
        name[:place] + name[place + 1 :],
        name[:place] + name[place] + name[place:],
        name[:place] + name[place + 1] + name[place] + name[place + 2 :],
    ]
    word = data.draw(st.sampled_from(edits))
    if word != name:
        assert SEARCH.find(f" {word} ") == [(0, name)]


@given(st.text(string.ascii_lowercase, min_size=1, max_size=12))
def test_a_correction_is_never_further_away_than_allowed(word: str) -> None:
    for _, name in SEARCH.find(f" {word} "):
        assert 1 <= OSA.distance(word, name) <= mistakes_allowed(name)


@pytest.mark.parametrize(("name", "allowed"), [("xanax", 0), ("zoloft", 1), ("seroquel", 2), ("z-pak", 0)])
def test_short_names_may_have_no_mistake(name: str, allowed: int) -> None:
    assert mistakes_allowed(name) == allowed


def test_no_name_of_a_drug_is_a_misspelling_of_another_one(matcher: DrugMatcher) -> None:
    names = ["citalopram", "escitalopram", "prednisone", "prednisolone", "clonidine", "quinine", "celexa"]
    for name in names:
        for mention in matcher.find(f"{name} is here"):
            assert mention.naming is not DrugNaming.MISSPELLING
            assert mention.drug == name or name == "celexa"
