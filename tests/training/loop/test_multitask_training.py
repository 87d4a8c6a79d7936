"""Training a multi-task network: losses, the selected score, dropout, frozen layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from models.network import MultiTaskNetwork
from tests.training.loop.tiny_training import CONFIG, tiny_fit, tiny_network
from training.errors import RunError
from training.loop.config import TrainingConfig
from training.loop.multitask_training import Validation


def test_training_lowers_the_loss_of_each_task(tiny_encoder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=12, learning_rate=3e-3, head_learning_rate=3e-3, dropout=0.0)
    _, state = tiny_fit(tiny_encoder, tmp_path, config)
    first, last = state.history[0]["losses"], state.history[-1]["losses"]
    assert set(last) == {"1a", "1b", "1c"}
    assert all(last[task] < first[task] for task in last)


@pytest.mark.parametrize(("select", "score"), [("mean", 0.4), ("1a", 0.6), ("1b", 0.2)])
def test_the_selected_score_decides_which_epoch_is_best(
    select: Any, score: float, tiny_encoder: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, epochs=1, select=select)
    _, state = tiny_fit(tiny_encoder, tmp_path, config, validate=lambda _: Validation({"1a": 0.6, "1b": 0.2}))
    assert state.best_score == pytest.approx(score)


@pytest.mark.parametrize("validation", [Validation({}), Validation({"1a": 0.5})])
def test_a_validation_without_the_selected_score_is_an_error(
    validation: Validation, tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="validation"):
        tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, select="1c"), validate=lambda _: validation)


def test_a_loss_that_is_not_finite_stops_the_training(tiny_encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="learning-rate"):
        tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, learning_rate=1e30, head_learning_rate=1e30))


@pytest.mark.parametrize("frozen", [0, 1, 3])
def test_any_number_of_layers_can_be_frozen(frozen: int, tiny_encoder: Path, tmp_path: Path) -> None:
    config: TrainingConfig = replace(CONFIG, epochs=1, frozen_layers=frozen)
    before = tiny_network(tiny_encoder, config).state_dict()
    network, _ = tiny_fit(tiny_encoder, tmp_path, config)
    for name, tensor in network.state_dict().items():
        trunk = name.startswith(("embeddings.", "trunk."))
        assert torch.equal(tensor, before[name]) == trunk or name.endswith("key.bias"), name


def test_validation_sees_no_dropout(tiny_encoder: Path, tmp_path: Path) -> None:
    training: set[bool] = set()

    def validate(network: MultiTaskNetwork) -> Validation:
        training.update(module.training for module in network.modules())
        return Validation({"1a": 0.5})

    network, _ = tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, epochs=2), validate=validate)
    assert training == {False}
    assert not any(module.training for module in network.modules())


def test_the_losses_of_a_training_with_dropout_differ_from_those_without(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    """So dropout is active in the steps: all else of the two trainings is the same."""
    losses = []
    for dropout in (0.0, 0.5):
        config = replace(CONFIG, epochs=1, dropout=dropout, layer_dropout=0.0)
        _, state = tiny_fit(tiny_encoder, tmp_path / str(dropout), config)
        losses.append(state.history[0]["losses"])
    assert losses[0].keys() == losses[1].keys()
    assert all(losses[0][task] != losses[1][task] for task in losses[0])
