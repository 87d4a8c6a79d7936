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


def test_the_same_words_in_any_order_are_the_same() -> None:
    [there, back] = cosines_of(["abdominal pain", "pain, abdominal"])
    assert there[2] == back[2] == pytest.approx(1, abs=1e-6)


def test_letters_that_no_name_has_make_a_span_less_like_any() -> None:
    [plain, more] = cosines_of(["nausea", "nausea wqxzzy"])
    assert plain[0] > more[0] > 0


def test_what_shares_nothing_is_like_nothing() -> None:
    assert not cosines_of(["", "🤢", "zzz", "頭痛"]).any()


def test_company_changes_nothing() -> None:
    spans = ["nausea", "so much pain", "", "hyper"]
    together = cosines_of(spans)
    for row, span in enumerate(spans):
        np.testing.assert_array_equal(together[row], cosines_of([span])[0])


def test_an_index_of_no_names_and_a_search_of_no_spans_are_empty() -> None:
    assert LexicalIndex([]).cosines(["nausea"]).shape == (1, 0)
    assert cosines_of([]).shape == (0, len(NAMES))


@given(st.lists(st.text(st.characters(codec=None)), max_size=4))
def test_any_text_at_all_has_cosines(spans: list[str]) -> None:
    cosines = cosines_of(spans)
    assert cosines.shape == (len(spans), len(NAMES))
    assert ((cosines >= 0) & (cosines <= 1)).all()


def test_letters_are_compared_whatever_the_order_of_words() -> None:
    spans = ["peripheral oedema", "periferal edema", "?!", "periferal edema"]
    names = ["Oedema peripheral", "Oedema peripheral", "Oedema peripheral", "Nausea"]
    similar = letter_similarity(
        [canonical_name(span) for span in spans], [canonical_name(name) for name in names]
    )
    assert similar[0] == 1
    assert 0.8 < similar[1] <= 1
    assert similar[2] == 0
    assert similar[3] < 0.6
