from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.training.loop.tiny_training import CONFIG, tiny_network
from training.loop.optimization import network_optimizer, rate_factor, set_learning_rates

SHARED = replace(CONFIG, frozen_layers=0, learning_rate=0.8, head_learning_rate=0.3, layer_decay=0.5)


def test_each_layer_has_a_lower_rate_than_the_one_above(tiny_encoder: Path) -> None:
    network = tiny_network(tiny_encoder, SHARED)
    groups = network_optimizer(network, SHARED).param_groups
    rates = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
    for number, rate in enumerate((0.2, 0.4, 0.8)):
        assert {round(rates[id(p)], 9) for p in network.shared[number].parameters()} == {rate}
    for head in (network.classifier, network.extractor, network.normalizer):
        assert {rates[id(p)] for p in head.parameters()} == {0.3}
    assert len(rates) == sum(p.requires_grad for p in network.parameters())


def test_only_matrices_decay(tiny_encoder: Path) -> None:
    network = tiny_network(tiny_encoder, SHARED)
    for group in network_optimizer(network, SHARED).param_groups:
        for parameter in group["params"]:
            assert group["weight_decay"] == (SHARED.weight_decay if parameter.ndim > 1 else 0)


def test_all_groups_follow_the_schedule(tiny_encoder: Path) -> None:
    optimizer = network_optimizer(tiny_network(tiny_encoder, SHARED), SHARED)
    highest = [group["lr"] for group in optimizer.param_groups]
    for factor in (0.5, 0.25):
        set_learning_rates(optimizer, factor)
        assert [group["lr"] for group in optimizer.param_groups] == [rate * factor for rate in highest]


def test_the_rate_of_the_paper_is_constant() -> None:
    assert {
        rate_factor(step, 100, warmup=CONFIG.warmup, schedule=CONFIG.schedule) for step in range(100)
    } == {1.0}


@given(st.integers(1, 3_000), st.floats(0, 0.99), st.sampled_from(["constant", "linear"]))
def test_rates_rise_during_the_warm_up_and_stay_within_bounds(
    steps: int, warmup: float, schedule: Any
) -> None:
    factors = [rate_factor(step, steps, warmup=warmup, schedule=schedule) for step in range(steps)]
    rising = round(warmup * steps)
    assert all(0 < factor <= 1 for factor in factors)
    assert factors[:rising] == sorted(factors[:rising])
    assert factors[rising:] == sorted(factors[rising:], reverse=True)
    if schedule == "constant":
        assert set(factors[rising:]) <= {1.0}
    elif rising < steps - 1:
        assert factors[-1] < 1
