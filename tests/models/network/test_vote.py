"""From the logits of classifiers to one probability."""

from __future__ import annotations

import math
import statistics

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.network import Decision, Vote

LOG_ODDS = st.lists(st.floats(-60, 60, width=32), min_size=1, max_size=7)
VOTES: tuple[Vote, ...] = ("majority", "mean")


def logits(log_odds: list[float]) -> torch.Tensor:
    """Return logits for one text, with one classifier for each of the log-odds."""
    return torch.tensor([[[0.25, 0.25 + value]] for value in log_odds], dtype=torch.float64)


def probability(log_odds: list[float], decision: Decision) -> float:
    return float(decision.probability(logits(log_odds))[0])


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


@pytest.mark.parametrize("vote", VOTES)
def test_the_probability_of_a_single_classifier_is_its_softmax(vote: Vote) -> None:
    votes = torch.tensor([[[2.0, -1.0], [0.0, 0.0], [-3.0, 4.5]]])
    probabilities = Decision(vote).probability(votes)
    assert probabilities.shape == (3,)
    assert torch.allclose(probabilities.float(), votes[0].softmax(-1)[:, 1])


@given(log_odds=LOG_ODDS, threshold=st.floats(0.05, 0.95))
def test_a_majority_needs_more_than_half_of_the_classifiers(log_odds: list[float], threshold: float) -> None:
    single = [probability([value], Decision()) for value in log_odds]
    positive = sum(value >= threshold for value in single)
    assert (probability(log_odds, Decision("majority")) >= threshold) == (2 * positive > len(log_odds))


@given(log_odds=LOG_ODDS)
def test_the_mean_is_the_mean_of_the_probabilities(log_odds: list[float]) -> None:
    expected = statistics.fmean(sigmoid(value) for value in log_odds)
    assert probability(log_odds, Decision("mean")) == pytest.approx(expected, abs=1e-12)


def test_an_outlier_changes_the_mean_but_not_the_majority() -> None:
    assert probability([1.0, 1.2, -30.0], Decision("majority")) == pytest.approx(sigmoid(1.0))
    assert probability([1.0, 1.2, -30.0], Decision("mean")) < 0.52


@pytest.mark.parametrize("vote", VOTES)
@given(log_odds=LOG_ODDS, temperature=st.floats(0.1, 10), bias=st.floats(-5, 5))
def test_calibration_scales_and_shifts_the_combined_log_odds(
    vote: Vote, log_odds: list[float], temperature: float, bias: float
) -> None:
    plain = probability(log_odds, Decision(vote))
    calibrated = probability(log_odds, Decision(vote, temperature, bias))
    assert 0 <= calibrated <= 1
    if 1e-6 < plain < 1 - 1e-6:
        expected = sigmoid(math.log(plain / (1 - plain)) / temperature + bias)
        assert calibrated == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("vote", VOTES)
def test_probabilities_near_one_keep_their_order(vote: Vote) -> None:
    decision = Decision(vote, temperature=20.0)
    sure, surer = (probability([value] * 3, decision) for value in (100.0, 140.0))
    assert 0.99 < sure < surer < 1
