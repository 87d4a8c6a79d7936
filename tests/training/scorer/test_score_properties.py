"""What holds of the scores whatever was annotated and predicted."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.scorer import OfficialSpan, TweetAnnotation, score_annotations
from training.scorer.span_matching import count_one_to_one

CODES = st.sampled_from(["A", "B", "C", None])
SPANS = st.builds(
    lambda start, length, code: OfficialSpan(start, start + length, code),
    st.integers(0, 30),
    st.integers(1, 8),
    CODES,
)
POSITIVES = st.lists(SPANS, max_size=5, unique=True).map(lambda marks: TweetAnnotation(True, tuple(marks)))
JUDGEMENTS = st.one_of(st.just(TweetAnnotation()), POSITIVES)
ANSWERS = st.dictionaries(st.sampled_from("abcdefgh"), JUDGEMENTS, max_size=8)
PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12)


@given(ANSWERS)
def test_perfect_predictions_score_one(gold: dict[str, TweetAnnotation]) -> None:
    for measure, found in score_annotations(gold, gold, seen={"A"}).by_measure.items():
        assert found.extra == found.missed == 0, measure
        if found.hits:
            assert found.f1 == pytest.approx(1, abs=1e-5)


@given(ANSWERS, ANSWERS, st.randoms(use_true_random=False))
def test_order_does_not_matter(
    gold: dict[str, TweetAnnotation], said: dict[str, TweetAnnotation], order: random.Random
) -> None:
    def shuffled(answers: dict[str, TweetAnnotation]) -> dict[str, TweetAnnotation]:
        tweets = list(answers.items())
        order.shuffle(tweets)
        return {
            tweet: TweetAnnotation(one.adverse, tuple(order.sample(one.spans, len(one.spans))))
            for tweet, one in tweets
        }

    assert score_annotations(shuffled(gold), shuffled(said), seen={"B"}) == score_annotations(
        gold, said, seen={"B"}
    )


@given(ANSWERS, ANSWERS)
def test_scores_lie_between_zero_and_one(
    gold: dict[str, TweetAnnotation], said: dict[str, TweetAnnotation]
) -> None:
    for found in score_annotations(gold, said, seen={"C"}).by_measure.values():
        assert min(found.hits, found.extra, found.missed) >= 0
        for figure in (found.precision, found.recall, found.f1):
            assert 0 <= figure <= 1


@given(ANSWERS, ANSWERS)
def test_stricter_rules_never_find_more(
    gold: dict[str, TweetAnnotation], said: dict[str, TweetAnnotation]
) -> None:
    found = {measure: one.hits for measure, one in score_annotations(gold, said).by_measure.items()}
    for task in ("1b", "1c"):
        if task in found:
            assert found[f"{task} strict"] <= found[f"{task}"]
            assert found[f"{task} one-to-one"] <= found[f"{task}"]
    if "1c" in found:
        assert found["1c"] <= found["1b"]


@given(ANSWERS, ANSWERS)
def test_one_to_one_counts_every_span_once(
    gold: dict[str, TweetAnnotation], said: dict[str, TweetAnnotation]
) -> None:
    scores = score_annotations(gold, said).by_measure
    if "1b one-to-one" in scores:
        found = scores["1b one-to-one"]
        assert found.hits + found.missed == sum(len(one.spans) for one in gold.values())
        judged = (said.get(tweet, TweetAnnotation()) for tweet in gold)
        assert found.hits + found.extra == sum(len(one.spans) for one in judged)


@settings(max_examples=200)
@given(PAIRS)
def test_no_matching_is_larger_than_the_one_that_is_found(pairs: list[tuple[int, int]]) -> None:
    def largest(left: list[tuple[int, int]]) -> int:
        """All choices, tried one after the other."""
        if not left:
            return 0
        (gold, predicted), *others = left
        with_it = [pair for pair in others if pair[0] != gold and pair[1] != predicted]
        return max(largest(others), 1 + largest(with_it))

    assert count_one_to_one(pairs) == largest(list(dict.fromkeys(pairs)))
