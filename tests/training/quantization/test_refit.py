"""Heads that are held against what the exact network says."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from training.quantization.head_states import Floats, HeadStates
from training.quantization.refit import refit

TEXTS, HIDDEN = 400, 12
HELD_OUT = np.arange(TEXTS) % 4 == 0
RNG = np.random.default_rng(5)
EXACT = RNG.normal(size=(TEXTS, HIDDEN))


def read(states: Floats) -> HeadStates:
    return HeadStates(states, np.arange(len(states)))


def head() -> nn.Linear:
    torch.manual_seed(3)
    return nn.Linear(HIDDEN, 2)


def probabilities(layer: nn.Linear, states: Floats) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = layer(torch.from_numpy(states).float()).softmax(-1)[:, 1]
    return found


def test_a_shift_of_the_states_is_taken_back() -> None:
    shifted = EXACT + np.linspace(-1, 1, HIDDEN)
    layer, wanted = head(), probabilities(head(), EXACT)
    before = (probabilities(layer, shifted) - wanted).abs().max()
    found = refit(layer, read(EXACT), read(shifted), HELD_OUT)
    after = (probabilities(layer, shifted) - wanted).abs().max()
    assert found.pull is not None
    assert found.after < found.before / 50
    assert after < before / 10


def test_a_scale_of_the_states_is_taken_back() -> None:
    scaled = EXACT * np.linspace(0.5, 2, HIDDEN)
    layer, wanted = head(), probabilities(head(), EXACT)
    before = (probabilities(layer, scaled) - wanted).abs().mean()
    refit(layer, read(EXACT), read(scaled), HELD_OUT)
    assert (probabilities(layer, scaled) - wanted).abs().mean() < before / 5


def test_noise_leaves_the_head_as_it_is() -> None:
    noisy = EXACT + RNG.normal(size=EXACT.shape) * 0.05
    layer = head()
    found = refit(layer, read(EXACT), read(noisy), HELD_OUT)
    assert found.pull is None
    assert found.after == found.before
    assert torch.equal(layer.weight, head().weight)
    assert torch.equal(layer.bias, head().bias)


def test_the_sum_of_both_logits_stays() -> None:
    layer = head()
    refit(layer, read(EXACT), read(EXACT + 1), HELD_OUT)
    torch.testing.assert_close(layer.weight.sum(0), head().weight.sum(0))
    assert not torch.equal(layer.weight, head().weight)


def test_too_few_texts_to_choose_by_leave_the_head_as_it_is() -> None:
    layer = head()
    found = refit(layer, read(EXACT[:1]), read(EXACT[:1] + 1), np.array([True]))
    assert found.pull is None
    assert torch.equal(layer.weight, head().weight)
