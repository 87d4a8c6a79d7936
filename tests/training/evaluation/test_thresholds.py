import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.thresholds import operating_points, threshold_for_precision

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


def test_equal_probabilities_are_one_point() -> None:
    points = operating_points([0.5, 0.5, 0.2], [1, 0, 1])
    assert points.lowest.tolist() == [0.5, 0.2]
    assert points.precision.tolist() == pytest.approx([1 / 2, 2 / 3])
    assert points.recall.tolist() == [0.5, 1]


def test_average_precision_is_that_of_the_steps() -> None:
    # Recall rises by half at precision 1, and by half at precision 2/3.
    assert operating_points([0.9, 0.8, 0.7], [1, 0, 1]).average_precision == pytest.approx(0.5 + 0.5 * 2 / 3)
