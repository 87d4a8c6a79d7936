"""Bootstrap intervals agree with the theory where it is known."""

import pytest

from training.evaluation.intervals import Interval, bootstrap
from training.scorer import OfficialSpan, TweetAnnotation, score_annotations

ADE = TweetAnnotation(True, (OfficialSpan(0, 5, "A"),))
NO_ADE = TweetAnnotation()

Annotations = dict[str, TweetAnnotation]


def annotations(hits: int, missed: int, extra: int, right: int) -> tuple[Annotations, Annotations]:
    """Return gold and predictions with so many tweets of each outcome of 1a; a positive tweet has a span."""
    outcomes = [(ADE, ADE)] * hits + [(ADE, NO_ADE)] * missed + [(NO_ADE, ADE)] * extra
    outcomes += [(NO_ADE, NO_ADE)] * right
    gold = {str(number): gold for number, (gold, _) in enumerate(outcomes)}
    return gold, {str(number): predicted for number, (_, predicted) in enumerate(outcomes)}


def test_the_interval_is_that_of_a_binomial_share() -> None:
    intervals = bootstrap(*annotations(hits=80, missed=20, extra=0, right=900), samples=4_000)["1a"]
    # Recall 0.8 over 100 positives: one standard error is sqrt(0.8 × 0.2 / 100) = 0.04.
    assert intervals.recall.low == pytest.approx(0.8 - 1.96 * 0.04, abs=0.01)
    assert intervals.recall.high == pytest.approx(0.8 + 1.96 * 0.04, abs=0.01)
    assert intervals.precision.low == pytest.approx(1, abs=1e-4)


def test_the_score_lies_in_its_interval_for_every_measure() -> None:
    gold, predicted = annotations(hits=30, missed=10, extra=15, right=100)
    intervals = bootstrap(gold, predicted, seen=set())
    scores = score_annotations(gold, predicted, seen=set())
    assert set(intervals) == set(scores.by_measure)
    for measure, counts in scores.by_measure.items():
        f1 = intervals[measure].f1
        assert 0 <= f1.low < counts.f1 < f1.high <= 1


def test_the_same_seed_gives_the_same_interval_and_another_seed_a_similar_one() -> None:
    gold, predicted = annotations(hits=30, missed=10, extra=15, right=100)
    first, same, other = (bootstrap(gold, predicted, seed=seed)["1b"].f1 for seed in (7, 7, 8))
    assert first == same != other
    assert first.low == pytest.approx(other.low, abs=0.03)


def test_more_tweets_make_the_interval_narrower() -> None:
    def width(times: int) -> float:
        sizes = {"hits": 8 * times, "missed": 2 * times, "extra": 4 * times, "right": 20 * times}
        f1 = bootstrap(*annotations(**sizes))["1a"].f1
        return f1.high - f1.low

    assert width(16) < width(1) / 3


def test_a_lower_confidence_makes_the_interval_narrower() -> None:
    gold, predicted = annotations(hits=30, missed=10, extra=15, right=100)
    wide, narrow = (bootstrap(gold, predicted, confidence=share)["1a"].f1 for share in (0.95, 0.5))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_a_certain_score_has_no_width() -> None:
    gold, _ = annotations(hits=5, missed=5, extra=0, right=5)
    assert bootstrap(gold, {})["1a"].recall == Interval(0, 0)


def test_intervals_need_tweets() -> None:
    with pytest.raises(ValueError, match="no tweets"):
        bootstrap({}, {})
