import pytest

from training.evaluation.gold import Gold
from training.evaluation.mistakes import Kind, count_kinds, find_mistakes, first_of_each_kind
from training.evaluation.prediction_files import Predictions
from training.scorer import Judgement, Mark

A, B, FAR = Mark(0, 5, "A"), Mark(0, 5, "B"), Mark(20, 25, "A")


def kinds(gold: Judgement, predicted: Judgement) -> list[tuple[Kind, ...]]:
    found = find_mistakes(Gold({"1": gold}, {"1": "x" * 30}, {}), Predictions({"1": predicted}, {}))
    return [one.kinds for one in found]


@pytest.mark.parametrize(
    ("gold", "predicted", "expected"),
    [
        (Judgement(), Judgement(), []),
        (Judgement(), Judgement(True, (A,)), [("false alarm",)]),
        (Judgement(True, (A,)), Judgement(), [("missed tweet",)]),
        (Judgement(True, (A,)), Judgement(True, (A,)), []),
        (Judgement(True, (A,)), Judgement(True, (Mark(3, 9, "A"),)), []),  # relaxed
        (Judgement(True, (A,)), Judgement(True, (B,)), [("other code",)]),
        (Judgement(True, (A, FAR)), Judgement(True, (A,)), [("missed span",)]),
        (Judgement(True, (A,)), Judgement(True, (A, FAR)), [("extra span",)]),
        (Judgement(True, (A,)), Judgement(True, (FAR,)), [("missed span", "extra span")]),
        (Judgement(True, (Mark(0, 5),)), Judgement(True, (A,)), []),  # nobody coded it
    ],
)
def test_each_kind_of_mistake_is_told_apart(
    gold: Judgement, predicted: Judgement, expected: list[tuple[Kind, ...]]
) -> None:
    assert kinds(gold, predicted) == expected


def test_the_surest_mistakes_come_first() -> None:
    gold = Gold({"a": Judgement(), "b": Judgement(), "c": Judgement(True), "d": Judgement(True)}, {}, {})
    said = {"a": Judgement(True), "b": Judgement(True), "c": Judgement(), "d": Judgement()}
    chances = {"a": 0.6, "b": 0.9, "c": 0.4, "d": 0.1}
    assert [one.id for one in find_mistakes(gold, Predictions(said, chances))] == ["b", "a", "d", "c"]


def test_a_mistake_of_two_kinds_is_counted_twice_and_shown_once() -> None:
    gold = Gold({"1": Judgement(True, (A,))}, {}, {})
    mistakes = find_mistakes(gold, Predictions({"1": Judgement(True, (FAR,))}, {}))
    assert count_kinds(mistakes)["missed span"] == count_kinds(mistakes)["extra span"] == 1
    assert [len(group) for group in first_of_each_kind(mistakes, most=9).values()] == [1]
    assert first_of_each_kind(mistakes, most=0) == {"missed span": []}
