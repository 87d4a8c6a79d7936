"""Active learning prefers uncertain, valuable and different mentions."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.review.active_choice import choose_active, gains_of, text_vectors
from monitor.store.reviews import ReviewCandidate


def candidate(
    text: str, uncertainty: float = 0.5, *, serious: bool = False, unlisted: bool = False, drug: str = "a"
) -> ReviewCandidate:
    return ReviewCandidate(text, "old", 1, text, uncertainty, serious, unlisted, drug, "10044565")


def test_uncertain_mentions_come_first() -> None:
    texts = ["one red fox", "two blue whales", "three green frogs"]
    candidates = [
        candidate(text, value, drug=text) for text, value in zip(texts, (0.2, 0.9, 0.5), strict=True)
    ]
    assert choose_active(candidates, 3) == [1, 2, 0]
    assert choose_active(candidates, 1) == [1]
    assert choose_active([], 3) == []


def test_a_text_like_one_that_was_chosen_comes_later() -> None:
    candidates = [
        candidate("shaky all day on zoloft", 0.9),
        candidate("shaky all day on zoloft!", 0.88),
        candidate("rash on both arms since friday", 0.6),
    ]
    assert choose_active(candidates, 3) == [0, 2, 1]


def test_serious_unlisted_and_rare_ones_are_worth_more() -> None:
    candidates = [
        candidate("a"),
        candidate("b"),
        candidate("c", serious=True),
        candidate("d", unlisted=True, serious=True),
        candidate("e", drug="rare"),
    ]
    common, _, serious, both, rare = gains_of(candidates)
    assert common < serious < both
    assert common < rare
    assert rare == pytest.approx((0.5 + 1 / 3) / 2)


def test_vectors_have_length_one_and_a_text_without_words_is_like_none() -> None:
    vectors = text_vectors(["so shaky, so tired", "so shaky", "!!!", "¿qué? 💊"])
    cosines = (vectors @ vectors.T).toarray()
    assert np.diag(cosines) == pytest.approx([1, 1, 0, 1])
    assert 0 < cosines[0, 1] < 1
    assert cosines[0, 3] == 0
