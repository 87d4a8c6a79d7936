"""The kinds of errors of predictions, and their order."""

import pytest

from training.evaluation.gold import Gold
from training.evaluation.prediction_errors import ErrorKind, count_errors, errors_by_kind, find_errors
from training.evaluation.prediction_files import Predictions
from training.scorer import OfficialSpan, TweetAnnotation

A, B, FAR = OfficialSpan(0, 5, "A"), OfficialSpan(0, 5, "B"), OfficialSpan(20, 25, "A")
NO_ADE = TweetAnnotation()


def ade(*spans: OfficialSpan) -> TweetAnnotation:
    return TweetAnnotation(True, spans)


def kinds(gold: TweetAnnotation, predicted: TweetAnnotation) -> list[tuple[ErrorKind, ...]]:
    errors = find_errors(Gold({"1": gold}, {"1": "x" * 30}, {}), Predictions({"1": predicted}, {}))
    return [error.kinds for error in errors]


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        (NO_ADE, NO_ADE, []),
        (NO_ADE, ade(A), [("false alarm",)]),
        (ade(A), NO_ADE, [("missed tweet",)]),
        (ade(A), ade(A), []),
        (ade(A), ade(OfficialSpan(3, 9, "A")), [("other offsets",)]),
        (ade(A), ade(A, OfficialSpan(3, 9, "A")), [("other offsets",)]),
        (ade(A), ade(OfficialSpan(3, 9, "B")), [("other code", "other offsets")]),
        (ade(A), ade(B), [("other code",)]),
        (ade(A, FAR), ade(A), [("missed span",)]),
        (ade(A), ade(A, FAR), [("extra span",)]),
        (ade(A), ade(FAR), [("missed span", "extra span")]),
        (ade(OfficialSpan(0, 5)), ade(A), []),  # the annotated span has no code
    ],
)
def test_each_kind_of_error_is_distinguished(
    gold: TweetAnnotation, predicted: TweetAnnotation, expected: list[tuple[ErrorKind, ...]]
) -> None:
    assert kinds(gold, predicted) == expected


def test_the_surest_errors_come_first() -> None:
    gold = Gold({"a": NO_ADE, "b": NO_ADE, "c": ade(), "d": ade()}, {}, {})
    by_tweet = {"a": ade(), "b": ade(), "c": NO_ADE, "d": NO_ADE}
    probabilities = {"a": 0.6, "b": 0.9, "c": 0.4, "d": 0.1}
    errors = find_errors(gold, Predictions(by_tweet, probabilities))
    assert [error.id for error in errors] == ["b", "a", "d", "c"]


def test_a_tweet_without_a_prediction_counts_as_no_ade() -> None:
    errors = find_errors(Gold({"a": ade(), "b": NO_ADE}, {}, {}), Predictions({}, {}))
    assert [(error.id, error.kinds, error.probability) for error in errors] == [
        ("a", ("missed tweet",), None)
    ]


def test_an_error_of_two_kinds_is_counted_twice_and_shown_once() -> None:
    gold = Gold({"1": ade(A)}, {}, {})
    errors = find_errors(gold, Predictions({"1": ade(FAR)}, {}))
    assert count_errors(errors)["missed span"] == count_errors(errors)["extra span"] == 1
    assert [len(group) for group in errors_by_kind(errors, most=9).values()] == [1]
    assert errors_by_kind(errors, most=0) == {"missed span": []}
