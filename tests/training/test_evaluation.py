import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.predictions import Mention, TweetPrediction
from training.evaluation import choose_threshold
from training.evaluation.scores import score
from training.examples import Example, Span


def mention(start: int, end: int, ptid: str | None = None) -> Mention:
    return Mention(start, end, "x" * (end - start), 0.9, ptid, None, None)


def said(*mentions: Mention) -> TweetPrediction:
    return TweetPrediction("ADE" if mentions else "NoADE", 0.9, mentions)


TEXT = "x" * 40


def test_perfect_predictions_score_one() -> None:
    examples = [Example("a", TEXT, 1, (Span(0, 4, "1"), Span(10, 20, "2"))), Example("b", TEXT, 0)]
    scores = score([said(mention(0, 4, "1"), mention(10, 20, "2")), said()], examples)
    assert [part.f1 for part in (scores.classifier, scores.extractor, scores.normalizer)] == [1, 1, 1]


def test_saying_nothing_scores_zero() -> None:
    scores = score([said()], [Example("a", TEXT, 1, (Span(0, 4, "1"),))])
    assert [part.f1 for part in (scores.classifier, scores.extractor, scores.normalizer)] == [0, 0, 0]


@pytest.mark.parametrize(("start", "end", "hit"), [(4, 8, 1), (6, 8, 0), (0, 4, 1), (2, 3, 1)])
def test_spans_match_if_they_overlap_or_touch(start: int, end: int, hit: int) -> None:
    scores = score([said(mention(start, end))], [Example("a", TEXT, 1, (Span(0, 4),))])
    assert scores.extractor.recall == hit


def test_another_ptid_is_a_span_but_no_code() -> None:
    scores = score([said(mention(0, 4, "2"))], [Example("a", TEXT, 1, (Span(0, 4, "1"),))])
    assert (scores.extractor.f1, scores.normalizer.f1) == (1, 0)


def test_spans_without_a_code_do_not_count_for_codes() -> None:
    example = Example("a", TEXT, 1, (Span(0, 4), Span(10, 14, "1")))
    scores = score([said(mention(0, 4, "9"), mention(10, 14, "1"))], [example])
    assert scores.normalizer.precision == scores.normalizer.recall == 1


def test_the_threshold_is_the_one_with_the_best_f1() -> None:
    choice = choose_threshold([0.1, 0.62, 0.9, 0.95], [0, 0, 1, 1], prevalence=0.07)
    assert 0.62 < choice.threshold <= 0.9
    assert choice.f1 == 1


def test_rarer_positives_want_a_higher_threshold() -> None:
    probabilities = [0.45, 0.55, 0.7, 0.8, 0.95, 0.3, 0.6, 0.72, 0.1, 0.2]
    labels = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
    common = choose_threshold(probabilities, labels, prevalence=0.6)
    rare = choose_threshold(probabilities, labels, prevalence=0.01)
    assert common.threshold < rare.threshold
    assert common.precision > rare.precision or rare.precision == 1


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=2, max_size=30))
def test_no_other_threshold_is_better(scored: list[tuple[float, int]]) -> None:
    probabilities, labels = [p for p, _ in scored], [label for _, label in scored]
    if len(set(labels)) < 2:
        with pytest.raises(ValueError, match="needs positives"):
            choose_threshold(probabilities, labels, prevalence=0.5)
        return
    choice = choose_threshold(probabilities, labels, prevalence=sum(labels) / len(labels))
    for step in range(1, 20):
        hits = sum(label for p, label in scored if p >= step / 20)
        found = sum(p >= step / 20 for p, _ in scored)
        assert choice.f1 >= 2 * hits / (found + sum(labels)) - 1e-9
