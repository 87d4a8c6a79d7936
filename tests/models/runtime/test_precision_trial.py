"""The precision that a setting chooses: stated, or measured."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from models.device import Precision, prefers_bfloat16
from models.encoder import load_encoder
from models.network import MultiTaskNetwork, NetworkWeights
from models.runtime import choose_precision, precision_trial
from tests.families import write_family
from tests.random_networks import Shape, random_network

CPU = torch.device("cpu")
EXPECTED: Precision = "bf16" if prefers_bfloat16(CPU) else "fp32"
OTHER: Precision = "fp32" if EXPECTED == "bf16" else "bf16"


@pytest.fixture(scope="module", params=[0, 3])
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NetworkWeights:
    """Those of a network whose layers are large enough to measure."""
    folder = tmp_path_factory.mktemp("wide") / "encoder"
    encoder = load_encoder(str(write_family(folder, "bert", hidden_size=256, intermediate_size=1024)))
    return MultiTaskNetwork(encoder.model, frozen_layers=request.param, ptids=3).eval().weights()


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
    monkeypatch.setattr(precision_trial, "_measure", lambda layer: rounds(*ratios))
    assert choose_precision("auto", CPU, weights).precision == (OTHER if overrides else EXPECTED)


def test_small_layers_are_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise two loads of a small bundle could differ by chance."""
    clear = rounds(9, 9, 9, 9, 9)
    monkeypatch.setattr(precision_trial, "_measure", lambda layer: clear)
    trial = choose_precision("auto", CPU, random_network(tmp_path / "encoder", Shape()).network.weights())
    assert (trial.precision, trial.milliseconds) == (EXPECTED, ())
