"""Precision and recall at each threshold, and the choice of one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation import ThresholdChoice, choose_threshold
from training.evaluation.common_threshold import ScoredTexts, choose_common_threshold
from training.evaluation.thresholds import operating_points

Scored = list[tuple[float, int]]


def scored(probabilities: st.SearchStrategy[float]) -> st.SearchStrategy[Scored]:
    """Return lists of a probability and a label, with both labels."""
    pairs = st.lists(st.tuples(probabilities, st.integers(0, 1)), min_size=2, max_size=30)
    return pairs.filter(lambda pairs: len({label for _, label in pairs}) == 2)


ANY_PROBABILITY = st.floats(0, 1)
# With few distinct values, ties are common.
OFTEN_TIED = st.one_of(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), ANY_PROBABILITY)


def split(pairs: Scored) -> tuple[list[float], list[int]]:
    return [probability for probability, _ in pairs], [label for _, label in pairs]


def precision_and_recall(threshold: float, pairs: Scored, weight: float = 1.0) -> tuple[float, float]:
    """Count precision and recall one by one; each negative counts `weight` times."""
    hits = sum(label for probability, label in pairs if probability >= threshold)
    false_alarms = weight * sum(1 - label for probability, label in pairs if probability >= threshold)
    alarms = hits + false_alarms
    return hits / alarms if alarms else 0.0, hits / sum(label for _, label in pairs)


def drawn(texts: int, seed: int) -> tuple[list[float], list[int]]:
    """Return calibrated probabilities, few of them high, and labels drawn with them."""
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(0.3, 2.0, size=texts)
    return probabilities.tolist(), (rng.random(texts) < probabilities).astype(int).tolist()


def f1_at(threshold: float, probabilities: list[float], labels: list[int]) -> float:
    predicted = [probability >= threshold for probability in probabilities]
    hits = sum(label for positive, label in zip(predicted, labels, strict=True) if positive)
    return 2 * hits / (sum(predicted) + sum(labels))


def test_equal_probabilities_are_one_point() -> None:
    points = operating_points([0.5, 0.5, 0.2], [1, 0, 1])
    assert points.lowest.tolist() == [0.5, 0.2]
    assert points.precision.tolist() == pytest.approx([1 / 2, 2 / 3])
    assert points.recall.tolist() == [0.5, 1]


def test_average_precision_weighs_precision_by_the_steps_of_recall() -> None:
    # Recall rises by half at precision 1, and by half at precision 2/3.
    assert operating_points([0.9, 0.8, 0.7], [1, 0, 1]).average_precision == pytest.approx(0.5 + 0.5 * 2 / 3)


@given(scored(OFTEN_TIED), st.floats(0.05, 1))
def test_the_minimum_precision_is_reached_with_the_best_recall(pairs: Scored, minimum: float) -> None:
    probabilities, labels = split(pairs)
    choice = choose_common_threshold([ScoredTexts("posts", probabilities, labels)], precision=minimum)
    figures = [precision_and_recall(probability, pairs) for probability in probabilities]
    recalls = [recall for precision, recall in figures if precision >= minimum + 1e-9]
    if choice is None:
        assert not any(recalls)
        return
    precision, recall = precision_and_recall(choice.threshold, pairs)
    assert precision >= minimum - 1e-9
    assert recall >= max(recalls, default=0)


def test_with_calibrated_probabilities_the_threshold_is_half_the_best_f1() -> None:
    choice = choose_threshold(*drawn(50_000, seed=1))
    assert choice.threshold == pytest.approx(choice.f1 / 2, abs=0.03)


def test_the_expected_f1_depends_less_on_luck_than_the_measured_one() -> None:
    others, labels = drawn(50_000, seed=0)
    expected, measured = [], []
    for seed in range(1, 31):
        few = drawn(300, seed)
        points = operating_points(*few)
        expected.append(f1_at(choose_threshold(*few).threshold, others, labels))
        measured.append(f1_at(points.choice(int(points.f1.argmax())).threshold, others, labels))
    assert np.mean(expected) > np.mean(measured)
    assert min(expected) > min(measured)


@given(scored(ANY_PROBABILITY), st.one_of(st.none(), st.floats(0.01, 0.99)))
def test_the_figures_of_a_choice_are_those_measured(pairs: Scored, prevalence: float | None) -> None:
    probabilities, labels = split(pairs)
    choice = choose_threshold(probabilities, labels, prevalence=prevalence)
    positives, negatives = sum(labels), len(labels) - sum(labels)
    weight = 1.0 if prevalence is None else positives * (1 - prevalence) / prevalence / negatives
    precision, recall = precision_and_recall(choice.threshold, pairs, weight)
    assert choice.precision == pytest.approx(precision)
    assert choice.recall == pytest.approx(recall)


def test_if_positives_have_the_lower_probabilities_there_is_still_a_threshold() -> None:
    assert choose_threshold([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1]).f1 == pytest.approx(2 / 3)


def test_the_threshold_lies_between_the_probabilities_that_it_separates() -> None:
    choice = choose_threshold([0.1, 0.62, 0.9, 0.95] * 50, [0, 0, 1, 1] * 50, prevalence=0.07)
    assert choice == ThresholdChoice(0.76, 1.0, 1.0, 1.0)


def test_thresholds_very_near_to_one_are_possible() -> None:
    choice = choose_threshold([0.99990, 0.99991, 0.99992, 0.99993] * 50, [0, 0, 1, 1] * 50)
    assert 0.99991 < choice.threshold <= 0.99992
    assert choice.f1 == 1


def test_rarer_positives_need_a_higher_threshold() -> None:
    probabilities, labels = drawn(2_000, seed=3)
    common = choose_threshold(probabilities, labels, prevalence=0.5)
    rare = choose_threshold(probabilities, labels, prevalence=0.02)
    assert common.threshold < rare.threshold
    assert common.recall > rare.recall


def test_texts_that_cannot_be_positive_are_missed_at_every_threshold() -> None:
    choice = choose_threshold([0.9, 0.8, 0.7], [1, 0, 1], reachable=[True, False, True])
    assert (choice.precision, choice.recall) == (1, 1)
    choice = choose_threshold([0.9, 0.8, 0.7], [1, 0, 1], reachable=[False, True, True])
    assert (choice.precision, choice.recall) == (0.5, 0.5)
    choice = choose_threshold([0.9, 0.1], [1, 0], reachable=[False, False])
    assert choice == ThresholdChoice(1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("labels", "prevalence"), [([1, 1], None), ([0, 0], 0.1), ([0, 1], 0.0), ([0, 1], 1.0)]
)
def test_a_threshold_needs_both_classes_and_a_possible_prevalence(
    labels: list[int], prevalence: float | None
) -> None:
    with pytest.raises(ValueError, match="positives"):
        choose_threshold([0.5, 0.6], labels, prevalence=prevalence)
