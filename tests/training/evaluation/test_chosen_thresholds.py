import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation import choose_threshold
from training.evaluation.thresholds import ThresholdChoice, operating_points

SCORED = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=2, max_size=30).filter(
    lambda scored: len({label for _, label in scored}) == 2
)


def drawn(texts: int, seed: int) -> tuple[list[float], list[int]]:
    """Probabilities that mean what they say, and labels drawn by them; few are high."""
    rng = np.random.default_rng(seed)
    probabilities = rng.beta(0.3, 2.0, size=texts)
    return probabilities.tolist(), (rng.random(texts) < probabilities).astype(int).tolist()


def f1_at(threshold: float, probabilities: list[float], labels: list[int]) -> float:
    said = [p >= threshold for p in probabilities]
    hits = sum(label for yes, label in zip(said, labels, strict=True) if yes)
    return 2 * hits / (sum(said) + sum(labels))


def test_for_probabilities_that_mean_what_they_say_it_is_half_the_best_f1() -> None:
    choice = choose_threshold(*drawn(50_000, seed=1))
    assert choice.threshold == pytest.approx(choice.f1 / 2, abs=0.03)


def test_few_texts_move_it_less_than_the_best_measured_f1_moves() -> None:
    others, labels = drawn(50_000, seed=0)
    steady, lucky = [], []
    for seed in range(1, 31):
        few = drawn(300, seed)
        points = operating_points(*few)
        steady.append(f1_at(choose_threshold(*few).threshold, others, labels))
        lucky.append(f1_at(points.choice(int(points.f1.argmax())).threshold, others, labels))
    assert np.mean(steady) > np.mean(lucky)
    assert min(steady) > min(lucky)


@given(SCORED, st.one_of(st.none(), st.floats(0.01, 0.99)))
def test_it_is_worth_what_is_said(scored: list[tuple[float, int]], prevalence: float | None) -> None:
    probabilities, labels = [p for p, _ in scored], [label for _, label in scored]
    choice = choose_threshold(probabilities, labels, prevalence=prevalence)
    positives, negatives = sum(labels), len(labels) - sum(labels)
    weight = 1.0 if prevalence is None else positives * (1 - prevalence) / prevalence / negatives
    hits = sum(label for p, label in scored if p >= choice.threshold)
    found = hits + weight * sum(1 - label for p, label in scored if p >= choice.threshold)
    assert choice.precision == pytest.approx(hits / found if found else 0.0)
    assert choice.recall == pytest.approx(hits / positives)


def test_probabilities_that_fall_where_labels_rise_still_have_a_threshold() -> None:
    assert choose_threshold([0.9, 0.8, 0.2, 0.1], [0, 0, 1, 1]).f1 == pytest.approx(2 / 3)


def test_the_threshold_lies_between_the_two_probabilities_that_it_parts() -> None:
    choice = choose_threshold([0.1, 0.62, 0.9, 0.95] * 50, [0, 0, 1, 1] * 50, prevalence=0.07)
    assert choice == ThresholdChoice(0.76, 1.0, 1.0, 1.0)


def test_thresholds_very_near_to_one_are_found() -> None:
    choice = choose_threshold([0.99990, 0.99991, 0.99992, 0.99993] * 50, [0, 0, 1, 1] * 50)
    assert 0.99991 < choice.threshold <= 0.99992
    assert choice.f1 == 1


def test_rarer_positives_want_a_higher_threshold() -> None:
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
    assert choose_threshold([0.9, 0.1], [1, 0], reachable=[False, False]).recall == 0


@pytest.mark.parametrize(
    ("labels", "prevalence"), [([1, 1], None), ([0, 0], 0.1), ([0, 1], 0.0), ([0, 1], 1.0)]
)
def test_without_both_classes_or_a_prevalence_there_is_no_threshold(
    labels: list[int], prevalence: float | None
) -> None:
    with pytest.raises(ValueError, match="positives"):
        choose_threshold([0.5, 0.6], labels, prevalence=prevalence)
