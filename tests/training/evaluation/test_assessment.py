"""What an assessment leaves out, and what it notes about that."""

from training.evaluation.assessment import Assessment, assess
from training.evaluation.gold import Gold
from training.evaluation.prediction_files import Predictions
from training.scorer import OfficialSpan, TweetAnnotation

NO_ADE = TweetAnnotation()
ADE = TweetAnnotation(True, (OfficialSpan(0, 5, "A"),))


def assessed(
    gold: dict[str, TweetAnnotation],
    predicted: dict[str, TweetAnnotation],
    probabilities: dict[str, float] | None = None,
) -> Assessment:
    return assess(Gold(gold, {}, {}), Predictions(predicted, probabilities or {}), samples=10)


def test_complete_predictions_have_all_figures() -> None:
    assessment = assessed({"1": ADE, "2": NO_ADE}, {"1": ADE, "2": NO_ADE}, {"1": 0.9, "2": 0.1})
    assert assessment.sizes == {"texts": 2, "positive": 1, "spans": 1, "coded": 1}
    assert assessment.reliability is not None
    assert assessment.points is not None
    assert not assessment.errors
    assert [note for note in assessment.notes if "candidates.tsv" not in note] == []


def test_unknown_and_missing_tweets_are_counted_in_notes() -> None:
    assessment = assessed({"1": ADE, "2": NO_ADE}, {"2": NO_ADE, "8": ADE, "9": ADE}, {"1": 0.9, "2": 0.1})
    assert any(note.startswith("2 predicted texts") for note in assessment.notes)
    assert any(note.startswith("1 annotated text") for note in assessment.notes)
    assert [error.kinds for error in assessment.errors] == [("missed tweet",)]


def test_without_all_probabilities_there_is_neither_reliability_nor_a_curve() -> None:
    assessment = assessed({"1": ADE, "2": NO_ADE}, {"1": ADE, "2": NO_ADE}, {"1": 0.9})
    assert assessment.reliability is assessment.points is None
    assert any("probability" in note for note in assessment.notes)
    document = assessment.to_json()
    assert document["reliability"] is document["average_precision"] is None


def test_texts_of_one_class_have_no_curve() -> None:
    assessment = assessed({"1": ADE}, {"1": ADE}, {"1": 0.9})
    assert assessment.reliability is not None
    assert assessment.points is None
