"""What the retriever is asked: phrases whose PT has a name, and names of PTs that have several.

Phrases as people type them stay phrases, and change by one word at most.
"""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.normalizer.names import Names
from training.examples import CodedPhrase
from training.retrieval.retriever_data import name_queries, phrase_queries, with_typo


def test_phrases_of_pts_without_a_name_are_left_out(names: Names) -> None:
    queries = phrase_queries([CodedPhrase("ouch", "1"), CodedPhrase("sick", "90000001")], names)
    assert queries.texts == ("sick",)
    assert names.concepts[queries.concepts[0]].ptid == "90000001"


def test_one_phrase_is_asked_a_few_times_at_most_whatever_its_capitals(names: Names) -> None:
    phrases = [CodedPhrase(text, "90000001") for text in ("sick", "SICK", "Sick", "sick", "ill")]
    phrases += [CodedPhrase("sick", "90000002")]
    kept = phrase_queries(phrases, names, repeats=2)
    assert kept.texts == ("sick", "SICK", "ill", "sick")
    assert len(phrase_queries(phrases, names)) == len(phrases)


def test_names_are_asked_where_their_pt_has_another_one(names: Names) -> None:
    asked = name_queries(names, 100, np.random.default_rng(1))
    assert {names.concepts[concept].ptid for concept in asked.concepts} == {
        "90000001",
        "90000003",
        "90000004",
    }
    assert all(
        names.names[row] in asked.texts
        for row, owner in enumerate(names.owners)
        if names.concepts[owner].ptid != "90000002"
    )


def test_of_many_names_some_are_drawn_anew_each_time(names: Names) -> None:
    drawn = [name_queries(names, 3, np.random.default_rng(seed)).texts for seed in range(8)]
    assert {len(texts) for texts in drawn} == {3}
    assert len(set(drawn)) > 1


def test_other_texts_contexts_or_concepts_have_another_digest(names: Names) -> None:
    lists = [
        [CodedPhrase("sick", "90000001")],
        [CodedPhrase("ill", "90000001")],
        [CodedPhrase("sick", "90000002")],
        [CodedPhrase("sick", "90000001", "i am sick")],
        [CodedPhrase("sick", "90000001")] * 2,
        [CodedPhrase("\ud800", "90000001")],
    ]
    assert len({phrase_queries(phrases, names).digest() for phrases in lists}) == len(lists)


@given(st.text(max_size=60), st.integers(0, 1_000))
def test_any_text_stays_a_text_of_about_its_length(text: str, seed: int) -> None:
    typed = with_typo(text, Random(seed))
    assert bool(typed.strip()) == bool(text.strip())
    if text.isascii():
        assert abs(len(typed) - len(text)) <= 1


def test_words_get_typing_errors_and_capitals_change() -> None:
    typed = {with_typo("terrible headache", Random(seed)) for seed in range(60)}
    assert "TERRIBLE HEADACHE" in typed
    assert any("headache" in text and "terrible" not in text for text in typed)
    assert all(len(text.split()) == 2 for text in typed)
