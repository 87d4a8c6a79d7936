import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.threshold import (
    ThresholdChoice,
    choose_threshold,
    operating_points,
    threshold_for_precision,
)

# Few distinct values, so that ties are common; and any others.
PROBABILITIES = st.one_of(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]), st.floats(0, 1))
SCORED = st.lists(st.tuples(PROBABILITIES, st.integers(0, 1)), min_size=2, max_size=30).filter(
    lambda scored: len({label for _, label in scored}) == 2
)


def worth(
    threshold: float, scored: list[tuple[float, int]], weight: float = 1.0
) -> tuple[float, float, float]:
    """Precision, recall and F1, counted one by one."""
    hits = sum(label for p, label in scored if p >= threshold)
    found = hits + weight * sum(1 - label for p, label in scored if p >= threshold)
    precision, recall = hits / found if found else 0.0, hits / sum(label for _, label in scored)
    return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0


def test_the_threshold_lies_between_the_two_probabilities_that_it_parts() -> None:
    choice = choose_threshold([0.1, 0.62, 0.9, 0.95], [0, 0, 1, 1], prevalence=0.07)
    assert choice == ThresholdChoice(0.76, 1.0, 1.0, 1.0)


def test_thresholds_very_near_to_one_are_found() -> None:
    choice = choose_threshold([0.99990, 0.99991, 0.99992, 0.99993], [0, 0, 1, 1])
    assert 0.99991 < choice.threshold <= 0.99992
    assert choice.f1 == 1


def test_rarer_positives_want_a_higher_threshold() -> None:
    probabilities = [0.45, 0.55, 0.7, 0.8, 0.95, 0.3, 0.6, 0.72, 0.1, 0.2]
    labels = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0]
    common = choose_threshold(probabilities, labels, prevalence=0.6)
    rare = choose_threshold(probabilities, labels, prevalence=0.01)
    assert common.threshold < rare.threshold
    assert rare.precision == 1


@given(SCORED, st.one_of(st.none(), st.floats(0.01, 0.99)))
def test_no_other_threshold_is_better_and_it_is_worth_what_is_said(
    scored: list[tuple[float, int]], prevalence: float | None
) -> None:
    probabilities, labels = [p for p, _ in scored], [label for _, label in scored]
    choice = choose_threshold(probabilities, labels, prevalence=prevalence)
    positives, negatives = sum(labels), len(labels) - sum(labels)
    weight = 1.0 if prevalence is None else positives * (1 - prevalence) / prevalence / negatives
    told = (choice.precision, choice.recall, choice.f1)
    assert told == pytest.approx(worth(choice.threshold, scored, weight))
    assert all(choice.f1 >= worth(other, scored, weight)[2] - 1e-9 for other in probabilities)


@given(SCORED, st.floats(0.05, 1))
def test_a_wanted_precision_is_kept_with_the_best_recall(
    scored: list[tuple[float, int]], wanted: float
) -> None:
    probabilities, labels = [p for p, _ in scored], [label for _, label in scored]
    choice = threshold_for_precision(wanted, probabilities, labels)
    good = [worth(p, scored) for p in probabilities if worth(p, scored)[0] >= wanted + 1e-9]
    if choice is None:
        assert not any(recall for _, recall, _ in good)
        return
    precision, recall, _ = worth(choice.threshold, scored)
    assert precision >= wanted - 1e-9
    assert recall >= max((recall for _, recall, _ in good), default=0)


def test_texts_that_cannot_be_positive_are_missed_at_every_threshold() -> None:
    choice = choose_threshold([0.9, 0.8, 0.7], [1, 0, 1], reachable=[True, False, True])
    assert (choice.precision, choice.recall) == (1, 1)
    choice = choose_threshold([0.9, 0.8, 0.7], [1, 0, 1], reachable=[False, True, True])
    assert (choice.precision, choice.recall) == (0.5, 0.5)
    assert choose_threshold([0.9, 0.1], [1, 0], reachable=[False, False]).recall == 0


def test_equal_probabilities_are_one_point() -> None:
    points = operating_points([0.5, 0.5, 0.2], [1, 0, 1])
    assert points.lowest.tolist() == [0.5, 0.2]
    assert points.precision.tolist() == pytest.approx([1 / 2, 2 / 3])
    assert points.recall.tolist() == [0.5, 1]


def test_average_precision_is_that_of_the_steps() -> None:
    # Recall rises by half at precision 1, and by half at precision 2/3.
    assert operating_points([0.9, 0.8, 0.7], [1, 0, 1]).average_precision == pytest.approx(0.5 + 0.5 * 2 / 3)


@pytest.mark.parametrize(
    ("labels", "prevalence"), [([1, 1], None), ([0, 0], 0.1), ([0, 1], 0.0), ([0, 1], 1.0)]
)
def test_without_both_classes_or_a_prevalence_there_is_no_threshold(
    labels: list[int], prevalence: float | None
) -> None:
    with pytest.raises(ValueError, match="positives"):
        choose_threshold([0.5, 0.6], labels, prevalence=prevalence)
