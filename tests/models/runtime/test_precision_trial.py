"""The precision that a setting chooses: stated, or measured."""

from __future__ import annotations

import pytest
import torch

from models.device import Precision, prefers_bfloat16
from models.network import NetworkWeights
from models.runtime import choose_precision, precision_trial
from tests.random_networks import Shape, random_network

CPU = torch.device("cpu")
EXPECTED: Precision = "bf16" if prefers_bfloat16(CPU) else "fp32"
OTHER: Precision = "fp32" if EXPECTED == "bf16" else "bf16"


@pytest.fixture(scope="module", params=[0, 3])
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NetworkWeights:
    shape = Shape(frozen_layers=request.param)
    return random_network(tmp_path_factory.mktemp("random") / "encoder", shape).network.weights()


def rounds(*ratios: float) -> list[dict[Precision, float]]:
    """Return rounds in which the expected precision takes this many times as long as the other."""
    return [{EXPECTED: ratio, OTHER: 1.0} for ratio in ratios]


@pytest.mark.parametrize("choice", ["fp32", "bf16"])
def test_a_stated_precision_is_not_measured(choice: Precision, weights: NetworkWeights) -> None:
    trial = choose_precision(choice, CPU, weights)
    assert (trial.precision, trial.milliseconds) == (choice, ())


def test_auto_reports_what_it_measured(weights: NetworkWeights) -> None:
    trial = choose_precision("auto", CPU, weights)
    assert {name for name, _ in trial.milliseconds} == {"fp32", "bf16"}
    assert all(f"{name} " in trial.text for name in ("fp32", "bf16"))


@pytest.mark.parametrize(
    ("ratios", "overrides"),
    [
        ((2, 2, 2, 2, 2), True),
        ((0.1, 2, 2, 2, 2), True),
        ((0.1, 0.1, 2, 2, 2), False),
        ((1.2, 1.2, 1.2, 1.2, 1.2), False),
        ((9, 9), False),
        ((0.5, 0.5, 0.5), False),
    ],
)
def test_only_a_clear_measurement_overrides_the_instructions(
    ratios: tuple[float, ...],
    overrides: bool,
    weights: NetworkWeights,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precision_trial, "_measure", lambda weights: rounds(*ratios))
    assert choose_precision("auto", CPU, weights).precision == (OTHER if overrides else EXPECTED)


def test_times_that_are_too_short_to_compare_override_nothing(
    weights: NetworkWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise two loads of a small bundle could differ by chance."""
    short: list[dict[Precision, float]] = [{EXPECTED: 9e-5, OTHER: 1e-5}] * 5
    monkeypatch.setattr(precision_trial, "_measure", lambda weights: short)
    assert choose_precision("auto", CPU, weights).precision == EXPECTED
