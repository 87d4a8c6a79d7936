import pytest

from training.evaluation.intervals import Interval, bootstrap
from training.scorer import OfficialSpan, TweetAnnotation, score_annotations

SPAN = OfficialSpan(0, 5, "A")


def answers(
    hits: int, missed: int, extra: int, right: int
) -> tuple[dict[str, TweetAnnotation], dict[str, TweetAnnotation]]:
    """So many tweets of each outcome of 1a, each with a span."""
    gold, said = {}, {}
    outcomes = [(1, 1)] * hits + [(1, 0)] * missed + [(0, 1)] * extra + [(0, 0)] * right
    for number, (is_ade, told) in enumerate(outcomes):
        gold[str(number)] = TweetAnnotation(True, (SPAN,)) if is_ade else TweetAnnotation()
        said[str(number)] = TweetAnnotation(True, (SPAN,)) if told else TweetAnnotation()
    return gold, said


def test_the_interval_is_that_of_a_binomial_share() -> None:
    gold, said = answers(hits=80, missed=20, extra=0, right=900)
    found = bootstrap(gold, said, samples=4_000)["1a"]
    # Recall 0.8 over 100 positives: one standard error is sqrt(0.8 × 0.2 / 100) = 0.04.
    assert found.recall.low == pytest.approx(0.8 - 1.96 * 0.04, abs=0.01)
    assert found.recall.high == pytest.approx(0.8 + 1.96 * 0.04, abs=0.01)
    assert found.precision.low == pytest.approx(1, abs=1e-4)


def test_the_score_lies_in_its_interval_for_every_measure() -> None:
    gold, said = answers(hits=30, missed=10, extra=15, right=100)
    intervals = bootstrap(gold, said, seen=set())
    scores = score_annotations(gold, said, seen=set())
    assert set(intervals) == set(scores.by_measure)
    for measure, counts in scores.by_measure.items():
        ends = intervals[measure].f1
        assert 0 <= ends.low < counts.f1 < ends.high <= 1


def test_the_same_seed_gives_the_same_interval_and_another_one_hardly_another() -> None:
    gold, said = answers(hits=30, missed=10, extra=15, right=100)
    one, same, other = (bootstrap(gold, said, seed=seed)["1b"].f1 for seed in (7, 7, 8))
    assert one == same != other
    assert one.low == pytest.approx(other.low, abs=0.03)


def test_more_tweets_make_the_interval_narrower() -> None:
    def width(times: int) -> float:
        found = bootstrap(*answers(hits=8 * times, missed=2 * times, extra=4 * times, right=20 * times))
        return found["1a"].f1.high - found["1a"].f1.low

    assert width(16) < width(1) / 3


def test_a_certain_score_has_no_width() -> None:
    gold, _ = answers(hits=5, missed=5, extra=0, right=5)
    assert bootstrap(gold, {})["1a"].recall == Interval(0, 0)


def test_without_tweets_there_is_no_interval() -> None:
    with pytest.raises(ValueError, match="no tweets"):
        bootstrap({}, {})
