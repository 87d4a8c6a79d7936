import pytest

from training.evaluation.gold import Gold
from training.evaluation.prediction_errors import ErrorKind, count_errors, errors_by_kind, find_errors
from training.evaluation.prediction_files import Predictions
from training.scorer import OfficialSpan, TweetAnnotation

A, B, FAR = OfficialSpan(0, 5, "A"), OfficialSpan(0, 5, "B"), OfficialSpan(20, 25, "A")


def kinds(gold: TweetAnnotation, predicted: TweetAnnotation) -> list[tuple[ErrorKind, ...]]:
    found = find_errors(Gold({"1": gold}, {"1": "x" * 30}, {}), Predictions({"1": predicted}, {}))
    return [one.kinds for one in found]


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        (TweetAnnotation(), TweetAnnotation(), []),
        (TweetAnnotation(), TweetAnnotation(True, (A,)), [("false alarm",)]),
        (TweetAnnotation(True, (A,)), TweetAnnotation(), [("missed tweet",)]),
        (TweetAnnotation(True, (A,)), TweetAnnotation(True, (A,)), []),
        (TweetAnnotation(True, (A,)), TweetAnnotation(True, (OfficialSpan(3, 9, "A"),)), []),  # relaxed
        (TweetAnnotation(True, (A,)), TweetAnnotation(True, (B,)), [("other code",)]),
        (TweetAnnotation(True, (A, FAR)), TweetAnnotation(True, (A,)), [("missed span",)]),
        (TweetAnnotation(True, (A,)), TweetAnnotation(True, (A, FAR)), [("extra span",)]),
        (TweetAnnotation(True, (A,)), TweetAnnotation(True, (FAR,)), [("missed span", "extra span")]),
        (TweetAnnotation(True, (OfficialSpan(0, 5),)), TweetAnnotation(True, (A,)), []),  # nobody coded it
    ],
)
def test_each_kind_of_mistake_is_told_apart(
    gold: TweetAnnotation, predicted: TweetAnnotation, expected: list[tuple[ErrorKind, ...]]
) -> None:
    assert kinds(gold, predicted) == expected


def test_the_surest_mistakes_come_first() -> None:
    gold = Gold(
        {
            "a": TweetAnnotation(),
            "b": TweetAnnotation(),
            "c": TweetAnnotation(True),
            "d": TweetAnnotation(True),
        },
        {},
        {},
    )
    said = {
        "a": TweetAnnotation(True),
        "b": TweetAnnotation(True),
        "c": TweetAnnotation(),
        "d": TweetAnnotation(),
    }
    chances = {"a": 0.6, "b": 0.9, "c": 0.4, "d": 0.1}
    assert [one.id for one in find_errors(gold, Predictions(said, chances))] == ["b", "a", "d", "c"]


def test_a_mistake_of_two_kinds_is_counted_twice_and_shown_once() -> None:
    gold = Gold({"1": TweetAnnotation(True, (A,))}, {}, {})
    mistakes = find_errors(gold, Predictions({"1": TweetAnnotation(True, (FAR,))}, {}))
    assert count_errors(mistakes)["missed span"] == count_errors(mistakes)["extra span"] == 1
    assert [len(group) for group in errors_by_kind(mistakes, most=9).values()] == [1]
    assert errors_by_kind(mistakes, most=0) == {"missed span": []}
