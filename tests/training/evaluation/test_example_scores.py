"""Official scores of predictions on annotated examples."""

from collections.abc import Sequence

import pytest

from models.predictions import Mention, TweetPrediction
from training.evaluation import evaluate, score_predictions
from training.evaluation.example_scores import annotation_of_example, lift_annotation
from training.examples import AnnotatedSpan, Example
from training.scorer import OfficialSpan, TweetAnnotation

TEXT = "x" * 40


def mention(start: int, end: int, ptid: str | None = None) -> Mention:
    return Mention(start, end, "x" * (end - start), 0.9, ptid, None, None)


def prediction(*mentions: Mention) -> TweetPrediction:
    return TweetPrediction("ADE" if mentions else "NoADE", 0.9, mentions)


def test_perfect_predictions_score_one_and_empty_ones_zero() -> None:
    spans = (AnnotatedSpan(0, 4, "1"), AnnotatedSpan(10, 20, "2"))
    examples = [Example("a", TEXT, 1, spans), Example("b", TEXT, 0)]
    right = prediction(mention(0, 4, "1"), mention(10, 20, "2"))
    perfect = score_predictions([right, prediction()], examples)
    empty = score_predictions([prediction(), prediction()], examples)
    for task in ("classifier", "extractor", "normalizer"):
        assert getattr(perfect, task).f1 == pytest.approx(1, abs=1e-5)
        assert getattr(empty, task).f1 == 0


def test_texts_with_the_same_id_are_scored_separately() -> None:
    examples = [Example("a", TEXT, 1, (AnnotatedSpan(0, 4),)), Example("a", TEXT, 0)]
    scores = score_predictions([prediction(mention(0, 4)), prediction()], examples)
    assert scores.classifier.f1 == pytest.approx(1, abs=1e-5)


def test_spans_without_a_code_do_not_count_for_codes() -> None:
    example = Example("a", TEXT, 1, (AnnotatedSpan(0, 4), AnnotatedSpan(10, 14, "1")))
    scores = score_predictions([prediction(mention(0, 4, "9"), mention(10, 14, "1"))], [example])
    assert scores.normalizer.f1 == pytest.approx(1, abs=1e-5)


def test_without_codes_the_normalizer_has_no_score() -> None:
    example = Example("a", TEXT, 1, (AnnotatedSpan(0, 4),))
    scores = score_predictions([prediction(mention(0, 4, "9"))], [example])
    assert "1c" not in scores.by_measure
    assert scores.to_json()["1c"] == {"precision": 0, "recall": 0, "f1": 0}


def test_each_example_needs_a_prediction() -> None:
    with pytest.raises(ValueError, match="zip"):
        score_predictions([], [Example("a", TEXT, 0)])


def test_a_scorer_gets_all_texts_in_their_order() -> None:
    class DizzyScorer:
        version = "dizzy"

        def score(self, texts: Sequence[str], contexts: Sequence[str] | None = None) -> list[TweetPrediction]:
            return [prediction(mention(0, 4)) if text == "so dizzy" else prediction() for text in texts]

    examples = [Example("a", "fine", 0), Example("b", "so dizzy", 1, (AnnotatedSpan(0, 4),))]
    scores = evaluate(DizzyScorer(), examples)
    assert scores.classifier.hits == 1
    assert scores.classifier.extra == scores.classifier.missed == 0


def test_a_span_that_is_annotated_twice_counts_once() -> None:
    example = Example("a", TEXT, 1, (AnnotatedSpan(0, 4, "1"), AnnotatedSpan(0, 4, "1")))
    assert annotation_of_example(example).spans == (OfficialSpan(0, 4, "1"),)


def test_spans_that_are_equal_after_lifting_count_once() -> None:
    spans = (OfficialSpan(0, 4, "llt"), OfficialSpan(0, 4, "pt"), OfficialSpan(0, 4))
    lifted = lift_annotation(TweetAnnotation(True, spans), {"llt": "pt"})
    assert lifted == TweetAnnotation(True, (OfficialSpan(0, 4, "pt"), OfficialSpan(0, 4)))
