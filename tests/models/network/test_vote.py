"""From the logits of classifiers to one probability."""

from __future__ import annotations

import math
import statistics

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.network.vote import Decision, Vote

LOG_ODDS = st.lists(st.floats(-60, 60, width=32), min_size=1, max_size=7)
VOTES: tuple[Vote, ...] = ("majority", "mean")


def logits(log_odds: list[float]) -> torch.Tensor:
    """One text, judged by so many classifiers."""
    return torch.tensor([[[0.25, 0.25 + value]] for value in log_odds], dtype=torch.float64)


def probability(log_odds: list[float], decision: Decision) -> float:
    return float(decision.probability(logits(log_odds))[0])


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


@pytest.mark.parametrize("vote", VOTES)
def test_a_single_classifier_decides_as_its_softmax_says(vote: Vote) -> None:
    votes = torch.tensor([[[2.0, -1.0], [0.0, 0.0], [-3.0, 4.5]]])
    found = Decision(vote).probability(votes)
    assert found.shape == (3,)
    assert torch.allclose(found.float(), votes[0].softmax(-1)[:, 1])


@given(log_odds=LOG_ODDS, threshold=st.floats(0.05, 0.95))
def test_a_majority_is_more_than_half_of_the_classifiers(log_odds: list[float], threshold: float) -> None:
    said = [probability([one], Decision()) for one in log_odds]
    for_it = sum(one >= threshold for one in said)
    assert (probability(log_odds, Decision("majority")) >= threshold) == (2 * for_it > len(log_odds))


@given(log_odds=LOG_ODDS)
def test_the_mean_is_that_of_the_probabilities(log_odds: list[float]) -> None:
    wanted = statistics.fmean(sigmoid(one) for one in log_odds)
    assert probability(log_odds, Decision("mean")) == pytest.approx(wanted, abs=1e-12)


def test_a_classifier_that_is_far_off_moves_the_mean_and_not_the_majority() -> None:
    assert probability([1.0, 1.2, -30.0], Decision("majority")) == pytest.approx(sigmoid(1.0))
    assert probability([1.0, 1.2, -30.0], Decision("mean")) < 0.52


@pytest.mark.parametrize("vote", VOTES)
@given(log_odds=LOG_ODDS, temperature=st.floats(0.1, 10), bias=st.floats(-5, 5))
def test_calibration_is_of_the_joint_log_odds(
    vote: Vote, log_odds: list[float], temperature: float, bias: float
) -> None:
    plain = probability(log_odds, Decision(vote))
    found = probability(log_odds, Decision(vote, temperature, bias))
    assert 0 <= found <= 1
    if 1e-6 < plain < 1 - 1e-6:
        wanted = sigmoid(math.log(plain / (1 - plain)) / temperature + bias)
        assert found == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize("vote", VOTES)
def test_classifiers_that_are_sure_keep_their_order(vote: Vote) -> None:
    decision = Decision(vote, temperature=20.0)
    sure, surer = (probability([value] * 3, decision) for value in (100.0, 140.0))
    assert 0.99 < sure < surer < 1
