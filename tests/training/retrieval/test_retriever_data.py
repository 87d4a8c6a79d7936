"""Queries: phrases whose PT has a name, names of PTs that have several, and typing errors."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.normalizer import Names
from training.examples import CodedPhrase
from training.retrieval.retriever_data import name_queries, phrase_queries, with_typo


def test_phrases_of_pts_without_a_name_are_left_out(names: Names) -> None:
    queries = phrase_queries([CodedPhrase("ouch", "1"), CodedPhrase("sick", "90000001")], names)
    assert queries.texts == ("sick",)
    assert names.concepts[queries.concepts[0]].ptid == "90000001"


def test_a_phrase_is_repeated_only_so_often_whatever_its_capitals(names: Names) -> None:
    phrases = [CodedPhrase(text, "90000001") for text in ("sick", "SICK", "Sick", "sick", "ill")]
    phrases += [CodedPhrase("sick", "90000002")]
    kept = phrase_queries(phrases, names, repeats=2)
    assert kept.texts == ("sick", "SICK", "ill", "sick")
    assert len(phrase_queries(phrases, names)) == len(phrases)


def test_names_serve_as_queries_if_their_pt_has_another_name(names: Names) -> None:
    drawn = name_queries(names, 100, np.random.default_rng(1))
    assert {names.concepts[concept].ptid for concept in drawn.concepts} == {
        "90000001",
        "90000003",
        "90000004",
    }
    assert all(
        names.names[row] in drawn.texts
        for row, owner in enumerate(names.owners)
        if names.concepts[owner].ptid != "90000002"
    )


def test_of_many_names_other_ones_are_drawn_each_time(names: Names) -> None:
    drawn = [name_queries(names, 3, np.random.default_rng(seed)).texts for seed in range(8)]
    assert {len(texts) for texts in drawn} == {3}
    assert len(set(drawn)) > 1


def test_the_digest_depends_on_texts_contexts_and_concepts(names: Names) -> None:
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
def test_a_typo_hardly_changes_the_length_of_a_text(text: str, seed: int) -> None:
    typed = with_typo(text, Random(seed))
    assert bool(typed.strip()) == bool(text.strip())
    if text.isascii():
        assert abs(len(typed) - len(text)) <= 1


def test_typos_change_letters_or_capitals() -> None:
    typed = {with_typo("terrible headache", Random(seed)) for seed in range(60)}
    assert "TERRIBLE HEADACHE" in typed
    assert any("headache" in text and "terrible" not in text for text in typed)
    assert all(len(text.split()) == 2 for text in typed)
