"""Scores of a scorer's predictions on annotated texts."""

import pytest

from models.predictions import Mention, TweetPrediction
from training.evaluation import evaluate, score_predictions
from training.examples import AnnotatedSpan, Example

TEXT = "x" * 40


def mention(start: int, end: int, ptid: str | None = None) -> Mention:
    return Mention(start, end, "x" * (end - start), 0.9, ptid, None, None)


def said(*mentions: Mention) -> TweetPrediction:
    return TweetPrediction("ADE" if mentions else "NoADE", 0.9, mentions)


def test_perfect_predictions_score_one_and_silence_zero() -> None:
    examples = [
        Example("a", TEXT, 1, (AnnotatedSpan(0, 4, "1"), AnnotatedSpan(10, 20, "2"))),
        Example("b", TEXT, 0),
    ]
    perfect = score_predictions([said(mention(0, 4, "1"), mention(10, 20, "2")), said()], examples)
    silent = score_predictions([said(), said()], examples)
    for task in ("classifier", "extractor", "normalizer"):
        assert getattr(perfect, task).f1 == pytest.approx(1, abs=1e-5)
        assert getattr(silent, task).f1 == 0


def test_texts_with_the_same_id_are_scored_apart() -> None:
    examples = [Example("a", TEXT, 1, (AnnotatedSpan(0, 4),)), Example("a", TEXT, 0)]
    assert score_predictions([said(mention(0, 4)), said()], examples).classifier.f1 == pytest.approx(
        1, abs=1e-5
    )


def test_spans_without_a_code_do_not_count_for_codes() -> None:
    example = Example("a", TEXT, 1, (AnnotatedSpan(0, 4), AnnotatedSpan(10, 14, "1")))
    scores = score_predictions([said(mention(0, 4, "9"), mention(10, 14, "1"))], [example])
    assert scores.normalizer.f1 == pytest.approx(1, abs=1e-5)


def test_without_codes_the_normalizer_has_no_score() -> None:
    scores = score_predictions([said(mention(0, 4, "9"))], [Example("a", TEXT, 1, (AnnotatedSpan(0, 4),))])
    assert "1c" not in scores.by_measure
    assert scores.to_json()["1c"] == {"precision": 0, "recall": 0, "f1": 0}


def test_a_scorer_is_asked_for_all_texts_in_their_order() -> None:
    class Parrot:
        version = "parrot"

        def score(self, texts: list[str]) -> list[TweetPrediction]:
            return [said(mention(0, 4)) if text == "so dizzy" else said() for text in texts]

    scores = evaluate(
        Parrot(), [Example("a", "fine", 0), Example("b", "so dizzy", 1, (AnnotatedSpan(0, 4),))]
    )
    assert scores.classifier.hits == 1
    assert scores.classifier.extra == scores.classifier.missed == 0
