"""Which posts name a drug."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.connect import DrugFilter
from monitor.enrich.drugs import load_matcher
from monitor.records import ComplianceEvent, ContextKind, ContextPart, EventKind, Post
from monitor.settings import EnrichSettings
from monitor.word_search import contains_phrase

WORDS = st.sampled_from(["zoloft", "st", "john", "wort", "oil", "x", "a"])
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
SEPARATORS = st.sampled_from([" ", "-", ", #", "\n", "/", "💊"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("day 3 on ZOLOFT and shaking", True),
        ("#zoloft, never again", True),
        ("zoloft's fault", True),
        ("took st. john's wort", True),
        ("st. john's wort made me dizzy", True),
        ("zolofting along", False),
        ("st louis, john", False),
        ("", False),
    ],
)
def test_names_are_found_as_whole_words_in_any_case(text: str, expected: bool) -> None:
    assert DrugFilter(["Zoloft", "St John's wort"]).names_a_drug(text) is expected


@given(
    names=st.lists(PHRASES, max_size=5),
    words=st.lists(WORDS, max_size=12),
    separator=SEPARATORS,
)
def test_it_finds_what_a_search_for_each_name_finds(
    names: list[str], words: list[str], separator: str
) -> None:
    text = separator.join(words)
    assert DrugFilter(names).names_a_drug(text) == any(contains_phrase(text, name) for name in names)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("day 3 on lustral and shaking", True),
        ("zolofts again", True),
        ("sertralin headache", True),
        ("#ZoloftLife", True),
        ("popped a perc 10mg", True),
        ("the vikes won", False),
        ("on prozac", False),
        ("our own drug 42 is here", True),
        ("these ssris", True),
        ("citalopram again", True),
    ],
)
def test_other_names_of_the_drugs_of_the_list_are_found_too(text: str, expected: bool) -> None:
    names = ["zoloft", "oxycodone", "own drug 42", "SSRIs"]
    if "prozac" in text:
        names.remove("SSRIs")
    assert DrugFilter(names, load_matcher(EnrichSettings())).names_a_drug(text) is expected


@given(names=st.lists(PHRASES, min_size=1, max_size=5), words=st.lists(WORDS, max_size=12))
def test_with_the_matcher_the_names_of_the_list_still_work(names: list[str], words: list[str]) -> None:
    text = " ".join(words)
    if DrugFilter(names).names_a_drug(text):
        assert DrugFilter(names, load_matcher(EnrichSettings())).names_a_drug(text)


@pytest.mark.parametrize("kind", EventKind)
def test_compliance_events_always_pass(kind: EventKind) -> None:
    assert DrugFilter(["zoloft"]).passes(ComplianceEvent(kind, "1", "2"))


def test_an_edited_post_passes_because_the_version_before_may_have_named_a_drug() -> None:
    edited = Post("1", "never mind", edited_at=datetime(2026, 3, 14, tzinfo=UTC))
    assert DrugFilter(["zoloft"]).passes(edited)
    assert not DrugFilter(["zoloft"]).passes(Post("1", "never mind"))


def test_a_drug_in_the_text_that_is_answered_counts() -> None:
    answer = Post("1", "it gave me headaches", context=(ContextPart(ContextKind.PARENT, "how is zoloft?"),))
    assert DrugFilter(["zoloft"]).passes(answer)
