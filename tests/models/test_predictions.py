"""Predictions are checked: scores must be probabilities, and spans must be in the text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models import DummyScorer, Mention, TweetPrediction
from models.predictions import (
    clamp_probability,
    is_probability,
    is_span_of,
    prediction_fault,
    require_texts,
)
from models.scoring import CachingScorer

TEXT = "so dizzy"
MENTION = Mention(start=3, end=8, text="dizzy", score=0.9, ptid="1", pt_name="Dizziness", pt_score=0.8)
PREDICTION = TweetPrediction("ADE", 0.7, (MENTION,))


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, -5e-7, 1 + 5e-7])
def test_a_probability_may_have_a_rounding_error_that_clamping_removes(value: float) -> None:
    assert is_probability(value)
    assert clamp_probability(value) == min(max(value, 0), 1)


@pytest.mark.parametrize("value", [-2e-6, 1 + 2e-6, float("inf"), float("-inf")])
def test_other_numbers_are_not_probabilities_and_are_not_clamped(value: float) -> None:
    assert not is_probability(value)
    assert clamp_probability(value) == value


def test_nan_is_not_a_probability() -> None:
    assert not is_probability(float("nan"))


@pytest.mark.parametrize(
    ("start", "end", "is_span"),
    [(0, 1, True), (0, 8, True), (7, 8, True), (-1, 1, False), (3, 3, False), (4, 3, False), (7, 9, False)],
)
def test_a_span_is_not_empty_and_in_the_text(start: int, end: int, is_span: bool) -> None:
    assert is_span_of(TEXT, start, end) == is_span


def test_a_valid_prediction_has_no_fault() -> None:
    assert prediction_fault(PREDICTION, TEXT) is None
    uncoded = replace(MENTION, ptid=None, pt_name=None, pt_score=None)
    assert prediction_fault(replace(PREDICTION, mentions=(uncoded,)), TEXT) is None


@pytest.mark.parametrize(
    ("prediction", "fault"),
    [
        (replace(PREDICTION, probability=float("nan")), "a score of nan"),
        (replace(PREDICTION, mentions=(replace(MENTION, score=1.5),)), "a score of 1.5"),
        (replace(PREDICTION, mentions=(replace(MENTION, pt_score=-2.0),)), "a score of -2.0"),
        (
            replace(PREDICTION, mentions=(MENTION, replace(MENTION, end=9))),
            "a span from 3 to 9 that is not in the text",
        ),
        (
            replace(PREDICTION, mentions=(replace(MENTION, text="diszy"),)),
            "a span from 3 to 8 that is not in the text",
        ),
    ],
)
def test_a_fault_is_described(prediction: TweetPrediction, fault: str) -> None:
    assert prediction_fault(prediction, TEXT) == fault


@pytest.mark.parametrize(
    ("texts", "contexts", "error", "message"),
    [
        (TEXT, None, TypeError, "texts is a single string"),
        ([TEXT], TEXT, TypeError, "contexts is a single string"),
        ([TEXT, None], None, TypeError, r"texts\[1\] is of type NoneType"),
        ([TEXT], [{"kind": "title", "text": "a"}], TypeError, r"contexts\[0\] is of type dict"),
        ([TEXT, TEXT], ["a"], ValueError, "1 contexts for 2 texts"),
        ([TEXT], [], ValueError, "0 contexts for 1 texts"),
    ],
)
def test_what_is_not_a_list_of_texts_with_their_contexts_is_refused(
    texts: Any, contexts: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        require_texts(texts, contexts)
    for scorer in (DummyScorer(), CachingScorer(DummyScorer(), 8)):
        with pytest.raises(error, match=message):
            scorer.score(texts, contexts)


def test_texts_may_have_a_context_each_or_none_at_all() -> None:
    require_texts([])
    require_texts((TEXT, ""), None)
    require_texts([TEXT, ""], ["", "a title"])
