"""Sampling rates: how often an epoch takes each input of corpora that are mixed."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.loop.sampling_rates import SamplingRates

RATES = st.lists(st.sampled_from([0.1, 0.5, 1.0, 1.5, 3.25]), min_size=1, max_size=60)


def draw(rates: SamplingRates, seed: int) -> list[int]:
    return rates.draw(torch.Generator().manual_seed(seed))


@given(RATES, st.integers(0, 50))
def test_an_epoch_takes_each_input_as_often_as_its_rate_says(values: list[float], seed: int) -> None:
    rates = SamplingRates(np.array(values))
    drawn = draw(rates, seed)
    assert len(drawn) == rates.epoch_size
    counts = np.bincount(drawn, minlength=len(values))
    for rate in set(values):
        of_rate = counts[np.array(values) == rate]
        assert of_rate.sum() == round(rate * len(of_rate))
        assert of_rate.max() - of_rate.min() <= 1


def test_inputs_with_rate_one_are_in_every_epoch_once() -> None:
    rates = SamplingRates(np.array([1.0] * 10 + [0.2] * 20))
    for seed in range(5):
        drawn = draw(rates, seed)
        assert sorted(row for row in drawn if row < 10) == list(range(10))
        assert sum(row >= 10 for row in drawn) == 4


def test_epochs_draw_different_inputs_and_together_all_of_them() -> None:
    rates = SamplingRates(np.full(50, 0.2))
    epochs = [draw(rates, seed) for seed in range(40)]
    assert epochs[0] != epochs[1]
    assert {row for epoch in epochs for row in epoch} == set(range(50))
    assert draw(rates, 3) == epochs[3]
