from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.training.loop.tiny_training import CONFIG, tiny_network
from training.loop.optimization import make_optimizer, set_rates, share_of_rate

SHARED = replace(CONFIG, frozen_layers=0, learning_rate=0.8, head_learning_rate=0.3, layer_decay=0.5)


def test_each_layer_learns_slower_than_the_one_above(tiny_encoder: Path) -> None:
    network = tiny_network(tiny_encoder, SHARED)
    groups = make_optimizer(network, SHARED).param_groups
    rates = {id(parameter): group["lr"] for group in groups for parameter in group["params"]}
    for number, rate in enumerate((0.2, 0.4, 0.8)):
        assert {round(rates[id(p)], 9) for p in network.shared[number].parameters()} == {rate}
    for head in (network.classifier, network.extractor, network.normalizer):
        assert {rates[id(p)] for p in head.parameters()} == {0.3}
    assert len(rates) == sum(p.requires_grad for p in network.parameters())


def test_matrices_alone_decay(tiny_encoder: Path) -> None:
    network = tiny_network(tiny_encoder, SHARED)
    for group in make_optimizer(network, SHARED).param_groups:
        for parameter in group["params"]:
            assert group["weight_decay"] == (SHARED.weight_decay if parameter.ndim > 1 else 0)


def test_all_groups_follow_the_schedule(tiny_encoder: Path) -> None:
    optimizer = make_optimizer(tiny_network(tiny_encoder, SHARED), SHARED)
    highest = [group["lr"] for group in optimizer.param_groups]
    for share in (0.5, 0.25):
        set_rates(optimizer, share)
        assert [group["lr"] for group in optimizer.param_groups] == [rate * share for rate in highest]


def test_the_papers_rate_stays() -> None:
    assert {share_of_rate(CONFIG, step, 100) for step in range(100)} == {1.0}


@given(st.integers(1, 3_000), st.floats(0, 0.99), st.sampled_from(["constant", "linear"]))
def test_rates_rise_over_the_warm_up_and_never_leave_their_bounds(
    steps: int, warmup: float, schedule: str
) -> None:
    config = replace(CONFIG, warmup=warmup, schedule=schedule)
    shares = [share_of_rate(config, step, steps) for step in range(steps)]
    rising = round(warmup * steps)
    assert all(0 < share <= 1 for share in shares)
    assert shares[:rising] == sorted(shares[:rising])
    assert shares[rising:] == sorted(shares[rising:], reverse=True)
    if schedule == "constant":
        assert set(shares[rising:]) <= {1.0}
    elif rising < steps - 1:
        assert shares[-1] < 1
