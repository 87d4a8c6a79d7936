"""The probability of two readers together: the formula, and what holds for posts that one reads."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bundle import SecondReader
from models.scoring import NEVER, Combination, log_odds_of, probability_of

PROBABILITIES = st.floats(0, 1)
WEIGHTS = st.floats(0.01, 3)


def section(**changes: float) -> SecondReader:
    values = {"version": "second-1", "reads_from": 0.2, "first": 0.7, "second": 0.4, "bias": -0.3, **changes}
    return SecondReader.model_validate(values)


def test_the_log_odds_of_both_are_a_weighted_sum() -> None:
    combination = Combination(section(first=0.7, second=0.4, bias=-0.3))
    expected = 0.7 * math.log(0.8 / 0.2) + 0.4 * math.log(0.1 / 0.9) - 0.3
    assert combination.log_odds(0.8, 0.1) == pytest.approx(expected)
    assert combination.probability(0.8, 0.1) == pytest.approx(1 / (1 + math.exp(-expected)))


@given(PROBABILITIES, PROBABILITIES)
def test_probabilities_of_both_are_finite_and_rise_with_each_reader(low: float, high: float) -> None:
    low, high = sorted((low, high))
    combination = Combination(section())
    for fixed in (0.0, 0.3, 1.0):
        assert 0 <= combination.probability(low, fixed) <= combination.probability(high, fixed) <= 1
        assert 0 <= combination.probability(fixed, low) <= combination.probability(fixed, high) <= 1


@given(
    st.lists(st.floats(0, 0.2, exclude_max=True), min_size=2),
    st.floats(0.001, 1),
    WEIGHTS,
    st.floats(-8, 8),
)
def test_posts_that_one_reads_keep_their_order_below_the_threshold(
    firsts: list[float], threshold: float, alone: float, alone_bias: float
) -> None:
    combination = Combination(section(reads_from=0.2, alone=alone, alone_bias=alone_bias))
    probabilities = [combination.probability_alone(first, threshold) for first in sorted(firsts)]
    assert probabilities == sorted(probabilities)
    assert all(0 <= probability < threshold for probability in probabilities)


def test_a_calibrated_probability_below_the_threshold_stays_as_it_is() -> None:
    combination = Combination(section(reads_from=0.2, alone=1.0, alone_bias=0.0))
    assert combination.probability_alone(0.1, 0.5) == pytest.approx(0.1)


@given(PROBABILITIES, PROBABILITIES, st.floats(0.01, 0.99), WEIGHTS, WEIGHTS, st.floats(-5, 5))
def test_the_second_is_extracted_wherever_both_reach_the_threshold(
    first: float, second: float, threshold: float, of_first: float, of_second: float, bias: float
) -> None:
    combination = Combination(section(first=of_first, second=of_second, bias=bias))
    if combination.probability(first, second) >= threshold:
        assert second >= combination.least_second(first, threshold)


def test_no_probability_reaches_an_impossible_threshold() -> None:
    assert Combination(section()).least_second(0.9, NEVER) > 1
    assert Combination(section()).least_second(0.9, 0.0) == 0


@given(st.floats(1e-14, 1 - 1e-14))
def test_log_odds_and_probabilities_are_inverse(probability: float) -> None:
    assert probability_of(log_odds_of(probability)) == pytest.approx(probability)


@pytest.mark.parametrize("odds", [-1e6, -800.0, 0.0, 800.0, 1e6])
def test_log_odds_of_any_size_have_a_probability(odds: float) -> None:
    assert 0 <= probability_of(odds) <= 1
