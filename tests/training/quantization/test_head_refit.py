"""Heads refitted to the predictions of the exact network."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from training.quantization.head_refit import Floats, HeadStates, refit_head

TEXTS, HIDDEN = 400, 12
HELD_OUT = np.arange(TEXTS) % 4 == 0
RNG = np.random.default_rng(5)
EXACT = RNG.normal(size=(TEXTS, HIDDEN))


def head_states(states: Floats) -> HeadStates:
    return HeadStates(states, np.arange(len(states)))


def new_head() -> nn.Linear:
    torch.manual_seed(3)
    return nn.Linear(HIDDEN, 2)


def probabilities(head: nn.Linear, states: Floats) -> torch.Tensor:
    with torch.no_grad():
        predicted: torch.Tensor = head(torch.from_numpy(states).float()).softmax(-1)[:, 1]
    return predicted


def test_a_shift_of_the_states_is_corrected() -> None:
    shifted = EXACT + np.linspace(-1, 1, HIDDEN)
    head, expected = new_head(), probabilities(new_head(), EXACT)
    before = (probabilities(head, shifted) - expected).abs().max()
    result = refit_head(head, head_states(EXACT), head_states(shifted), HELD_OUT)
    after = (probabilities(head, shifted) - expected).abs().max()
    assert result.penalty is not None
    assert result.after < result.before / 50
    assert after < before / 10


def test_a_scale_of_the_states_is_corrected() -> None:
    scaled = EXACT * np.linspace(0.5, 2, HIDDEN)
    head, expected = new_head(), probabilities(new_head(), EXACT)
    before = (probabilities(head, scaled) - expected).abs().mean()
    refit_head(head, head_states(EXACT), head_states(scaled), HELD_OUT)
    assert (probabilities(head, scaled) - expected).abs().mean() < before / 5


def test_noise_leaves_the_head_unchanged() -> None:
    noisy = EXACT + RNG.normal(size=EXACT.shape) * 0.05
    head = new_head()
    result = refit_head(head, head_states(EXACT), head_states(noisy), HELD_OUT)
    assert result.penalty is None
    assert result.after == result.before
    assert torch.equal(head.weight, new_head().weight)
    assert torch.equal(head.bias, new_head().bias)


def test_the_sum_of_both_logits_stays() -> None:
    head = new_head()
    refit_head(head, head_states(EXACT), head_states(EXACT + 1), HELD_OUT)
    torch.testing.assert_close(head.weight.sum(0), new_head().weight.sum(0))
    assert not torch.equal(head.weight, new_head().weight)


def test_too_few_texts_leave_the_head_unchanged() -> None:
    head = new_head()
    result = refit_head(head, head_states(EXACT[:1]), head_states(EXACT[:1] + 1), np.array([True]))
    assert result.penalty is None
    assert torch.equal(head.weight, new_head().weight)
