"""Properties that the scores have, whatever was annotated and predicted."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.scorer import OfficialSpan, TweetAnnotation, score_annotations
from training.scorer.span_matching import count_one_to_one

Annotations = dict[str, TweetAnnotation]

CODES = st.sampled_from(["A", "B", "C", None])
SPANS = st.builds(
    lambda start, length, code: OfficialSpan(start, start + length, code),
    st.integers(0, 30),
    st.integers(1, 8),
    CODES,
)
POSITIVES = st.lists(SPANS, max_size=5, unique=True).map(lambda spans: TweetAnnotation(True, tuple(spans)))
TWEETS = st.one_of(st.just(TweetAnnotation()), POSITIVES)
ANNOTATIONS = st.dictionaries(st.sampled_from("abcdefgh"), TWEETS, max_size=8)
PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12)


@given(ANNOTATIONS)
def test_perfect_predictions_score_one(gold: Annotations) -> None:
    for measure, counts in score_annotations(gold, gold, seen={"A"}).by_measure.items():
        assert counts.extra == counts.missed == 0, measure
        if counts.hits:
            assert counts.f1 == pytest.approx(1, abs=1e-5)


@given(ANNOTATIONS, ANNOTATIONS, st.randoms(use_true_random=False))
def test_order_does_not_matter(gold: Annotations, predicted: Annotations, order: random.Random) -> None:
    def shuffled(annotations: Annotations) -> Annotations:
        tweets = list(annotations.items())
        order.shuffle(tweets)
        return {
            tweet: TweetAnnotation(
                annotation.adverse, tuple(order.sample(annotation.spans, len(annotation.spans)))
            )
            for tweet, annotation in tweets
        }

    scores = score_annotations(gold, predicted, seen={"B"})
    assert score_annotations(shuffled(gold), shuffled(predicted), seen={"B"}) == scores


@given(ANNOTATIONS, ANNOTATIONS)
def test_scores_lie_between_zero_and_one(gold: Annotations, predicted: Annotations) -> None:
    for counts in score_annotations(gold, predicted, seen={"C"}).by_measure.values():
        assert min(counts.hits, counts.extra, counts.missed) >= 0
        for figure in (counts.precision, counts.recall, counts.f1):
            assert 0 <= figure <= 1


@given(ANNOTATIONS, ANNOTATIONS)
def test_stricter_rules_never_have_more_hits(gold: Annotations, predicted: Annotations) -> None:
    by_measure = score_annotations(gold, predicted).by_measure
    hits = {measure: counts.hits for measure, counts in by_measure.items()}
    for task in ("1b", "1c"):
        if task in hits:
            assert hits[f"{task} strict"] <= hits[f"{task}"]
            assert hits[f"{task} one-to-one"] <= hits[f"{task}"]
    if "1c" in hits:
        assert hits["1c"] <= hits["1b"]


@given(ANNOTATIONS, ANNOTATIONS)
def test_one_to_one_counts_every_span_once(gold: Annotations, predicted: Annotations) -> None:
    by_measure = score_annotations(gold, predicted).by_measure
    if "1b one-to-one" in by_measure:
        counts = by_measure["1b one-to-one"]
        assert counts.hits + counts.missed == sum(len(annotation.spans) for annotation in gold.values())
        matched = (predicted.get(tweet, TweetAnnotation()) for tweet in gold)
        assert counts.hits + counts.extra == sum(len(annotation.spans) for annotation in matched)


@settings(max_examples=200)
@given(PAIRS)
def test_no_one_to_one_matching_is_larger(pairs: list[tuple[int, int]]) -> None:
    def largest(remaining: list[tuple[int, int]]) -> int:
        """Try all choices, one after the other."""
        if not remaining:
            return 0
        (gold, predicted), *others = remaining
        compatible = [pair for pair in others if pair[0] != gold and pair[1] != predicted]
        return max(largest(others), 1 + largest(compatible))

    assert count_one_to_one(pairs) == largest(list(dict.fromkeys(pairs)))
