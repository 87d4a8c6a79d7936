"""Search by letters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.normalizer import LexicalIndex
from models.normalizer.canonical_words import canonical_name
from models.normalizer.lexical import letter_similarity

NAMES = ["Nausea", "Headache", "Abdominal pain", "Pain", "Oedema peripheral", "Hyperkalaemia", "Hypokalaemia"]
INDEX = LexicalIndex([canonical_name(name) for name in NAMES])


def cosines_of(spans: list[str]) -> npt.NDArray[np.float32]:
    return INDEX.cosines([canonical_name(span) for span in spans])


@pytest.mark.parametrize(
    ("span", "name"),
    [
        ("NAUSEA", "Nausea"),
        ("nauseea", "Nausea"),
        ("headake", "Headache"),
        ("pain in my tummy", "Abdominal pain"),
        ("pains", "Pain"),
        ("peripheral edema", "Oedema peripheral"),
        ("hypokalemia", "Hypokalaemia"),
    ],
)
def test_a_span_finds_its_name(span: str, name: str) -> None:
    [cosines] = cosines_of([span])
    assert NAMES[int(cosines.argmax())] == name


def test_the_order_of_words_does_not_matter() -> None:
    [forwards, backwards] = cosines_of(["abdominal pain", "pain, abdominal"])
    assert forwards[2] == backwards[2] == pytest.approx(1, abs=1e-6)


def test_unknown_letters_make_a_span_less_similar_to_every_name() -> None:
    [alone, with_unknown] = cosines_of(["nausea", "nausea wqxzzy"])
    assert alone[0] > with_unknown[0] > 0


def test_a_span_that_shares_nothing_has_no_similarity() -> None:
    assert not cosines_of(["", "🤢", "zzz", "頭痛"]).any()


def test_other_spans_do_not_change_the_cosines_of_a_span() -> None:
    spans = ["nausea", "so much pain", "", "hyper"]
    together = cosines_of(spans)
    for row, span in enumerate(spans):
        np.testing.assert_array_equal(together[row], cosines_of([span])[0])


def test_an_index_of_no_names_and_a_search_of_no_spans_are_empty() -> None:
    assert LexicalIndex([]).cosines(["nausea"]).shape == (1, 0)
    assert cosines_of([]).shape == (0, len(NAMES))


@given(st.lists(st.text(st.characters(codec=None)), max_size=4))
def test_cosines_of_any_text_lie_between_0_and_1(spans: list[str]) -> None:
    cosines = cosines_of(spans)
    assert cosines.shape == (len(spans), len(NAMES))
    assert ((cosines >= 0) & (cosines <= 1)).all()


def test_letters_are_compared_in_any_order_of_words() -> None:
    spans = ["peripheral oedema", "periferal edema", "?!", "periferal edema"]
    names = ["Oedema peripheral", "Oedema peripheral", "Oedema peripheral", "Nausea"]
    similarity = letter_similarity(
        [canonical_name(span) for span in spans], [canonical_name(name) for name in names]
    )
    assert similarity[0] == 1
    assert 0.8 < similarity[1] <= 1
    assert similarity[2] == 0
    assert similarity[3] < 0.6


def test_an_n_gram_weighs_more_the_fewer_names_have_it() -> None:
    index = LexicalIndex(["pain head", "pain neck", "pain knee", "itch"])
    [cosines] = index.cosines(["pain itch"])
    assert cosines[3] > cosines[0] > 0


def test_a_repeated_word_counts_less_than_a_new_one() -> None:
    index = LexicalIndex(["rash", "rash rash", "rash itch"])
    [cosines] = index.cosines(["rash"])
    assert cosines[0] == pytest.approx(1)
    assert cosines[1] == pytest.approx(1)
    [repeated] = index.cosines(["rash rash itch"])
    assert repeated[2] > repeated[0] > 0


def test_a_large_index_is_built_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [canonical_name(name) for name in NAMES]
    monkeypatch.setattr("models.normalizer.lexical._CHUNK", 3)
    spans = [canonical_name("peripheral pain"), canonical_name("nausea")]
    np.testing.assert_allclose(LexicalIndex(names).cosines(spans), INDEX.cosines(spans), atol=1e-6)


def test_unknown_n_grams_count_as_those_of_a_name_that_no_name_shares() -> None:
    """With its borders, `pain` has 4 + 3 n-grams, and `wx` 2 + 1."""
    [cosines] = LexicalIndex(["pain"]).cosines(["pain wx"])
    unknown_weight = np.log(2) + 1
    assert cosines[0] == pytest.approx(np.sqrt(7 / (7 + 3 * unknown_weight**2)))


def test_the_similarity_is_the_cosine_of_the_weighted_n_grams() -> None:
    """Both words have seven n-grams that only one of two names has, so all weigh the same."""
    [cosines] = LexicalIndex(["pain", "itch"]).cosines(["itch pain"])
    assert cosines.tolist() == pytest.approx([np.sqrt(0.5), np.sqrt(0.5)])
