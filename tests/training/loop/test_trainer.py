"""Training over epochs: the best is kept, and an interrupted training resumes to the same weights."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from models.network import MultiTaskNetwork, Task
from tests.training.loop import tiny_training
from tests.training.loop.tiny_training import (
    CONFIG,
    KilledError,
    Recorder,
    largest_difference,
    scored,
    tiny_fit,
)
from training.loop.callbacks import TrainingCallback
from training.loop.multitask_training import Validation
from training.loop.states import KeptStates
from training.loop.trainer import EpochScore, train_epochs
from training.loop.training_state import StateFolder, TrainingState


class OneWeight:
    """A `Trainee` with one weight, which is the sum of its epochs' numbers; its scores are given."""

    def __init__(self, scores: list[float], *, patience: int = 0) -> None:
        self.epochs, self.patience = len(scores), patience
        self.calls: list[str] = []
        self._scores = scores
        self._weight = nn.Parameter(torch.zeros(1))

    @property
    def weight(self) -> float:
        return self._weight.item()

    def prepare(self, callback: TrainingCallback) -> None:
        self.calls.append("prepare")

    def create_optimizer(self) -> Optimizer:
        return SGD([self._weight], lr=1.0)

    def trained_weights(self) -> Mapping[str, Tensor]:
        return {"weight": self._weight}

    def load_trained_weights(self, weights: Mapping[str, Tensor]) -> None:
        with torch.no_grad():
            self._weight.copy_(weights["weight"])

    def count_steps(self, epoch: int) -> int:
        return epoch + 5

    def train_epoch(
        self, epoch: int, optimizer: Optimizer, callback: TrainingCallback
    ) -> Mapping[Task, float]:
        self.calls.append(f"epoch {epoch}")
        with torch.no_grad():
            self._weight += epoch + 1
        return {"1a": 1 / (epoch + 1)}

    def validate(self, epoch: int) -> EpochScore:
        return EpochScore(self._scores[epoch], {"f1": {"1a": self._scores[epoch]}})


def test_a_model_ends_with_the_weights_of_its_best_epoch(tmp_path: Path) -> None:
    model, recorder = OneWeight([0.2, 0.7, 0.7, 0.1]), Recorder()
    state = train_epochs(model, StateFolder(tmp_path, "id"), callback=recorder)
    assert (state.best_epoch, state.best_score, model.weight) == (2, 0.7, 1 + 2)
    assert state.network["weight"].item() == 1 + 2 + 3 + 4
    assert model.calls == ["prepare", "epoch 0", "epoch 1", "epoch 2", "epoch 3"]
    assert recorder.remaining == [5, 6, 7, 8]
    assert recorder.epochs[1] == {"epoch": 2, "losses": {"1a": 0.5}, "f1": {"1a": 0.7}}
    assert recorder.messages == []


def test_a_model_resumes_after_its_last_epoch_and_is_only_loaded_when_finished(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path, "id")
    train_epochs(OneWeight([0.1, 0.2]), folder, callback=Recorder())
    resumed, recorder = OneWeight([0.1, 0.2, 0.3]), Recorder()
    train_epochs(resumed, folder, callback=recorder)
    assert (resumed.calls, resumed.weight) == (["prepare", "epoch 2"], 1 + 2 + 3)
    assert recorder.messages == [f"resuming after epoch 2 of 3, from {tmp_path}"]
    finished, recorder = OneWeight([0.1, 0.2, 0.3]), Recorder()
    train_epochs(finished, folder, callback=recorder)
    assert (finished.calls, finished.weight) == ([], 1 + 2 + 3)
    assert recorder.messages == [f"already trained: the weights are in {tmp_path}"]


@pytest.mark.parametrize(("patience", "epochs"), [(0, 5), (1, 3), (2, 4)])
def test_patience_counts_epochs_without_improvement(patience: int, epochs: int, tmp_path: Path) -> None:
    model = OneWeight([0.1, 0.5, 0.4, 0.5, 0.6], patience=patience)
    state = train_epochs(model, StateFolder(tmp_path, "id"), callback=Recorder())
    assert state.epochs_done == epochs


@pytest.fixture(scope="module")
def uninterrupted(
    tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainingState, Recorder]:
    recorder = Recorder()
    _, state = tiny_fit(tiny_encoder, tmp_path_factory.mktemp("uninterrupted"), callback=recorder)
    return state, recorder


def test_callbacks_receive_each_step_and_epoch(uninterrupted: tuple[TrainingState, Recorder]) -> None:
    state, recorder = uninterrupted
    assert recorder.computed[0] == recorder.computed[1] > 0
    steps = recorder.remaining[0]
    assert recorder.remaining == [*range(steps, -1, -1)] * CONFIG.epochs
    assert [figures["epoch"] for figures in recorder.epochs] == [1, 2, 3]
    assert recorder.epochs == state.history


def test_a_killed_process_resumes_to_the_same_weights(
    tiny_encoder: Path, tmp_path: Path, uninterrupted: tuple[TrainingState, Recorder]
) -> None:
    command = [sys.executable, tiny_training.__file__, "die", str(tiny_encoder), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    assert subprocess.run(command, env=environment, timeout=150).returncode == -signal.SIGKILL
    resumed = Recorder()
    _, state = tiny_fit(tiny_encoder, tmp_path, callback=resumed, validate=scored({1: 0.002, 2: 0.003}))
    assert [figures["epoch"] for figures in resumed.epochs] == [2, 3]
    assert state.history == uninterrupted[0].history
    assert largest_difference(state.network, uninterrupted[0].network) == 0
    assert largest_difference(state.best, uninterrupted[0].best) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"adversarial": "freelb"},
        {"frozen_layers": 0, "pooling": "mean", "layer_decay": 0.8, "schedule": "linear", "warmup": 0.1},
        {"bfloat16": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_kind_of_training_resumes_to_the_same_weights(
    change: dict[str, Any], tiny_encoder: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, epochs=2, **change)
    _, whole = tiny_fit(tiny_encoder, tmp_path / "whole", config)
    with pytest.raises(KilledError):
        tiny_fit(tiny_encoder, tmp_path / "cut", config, callback=Recorder(kill_in=1))
    recorder = Recorder()
    _, resumed = tiny_fit(tiny_encoder, tmp_path / "cut", config, callback=recorder)
    assert largest_difference(whole.network, resumed.network) == 0
    assert len(recorder.messages) == 1
    assert str(tmp_path / "cut") in recorder.messages[0]


def test_a_finished_training_is_not_repeated(tiny_encoder: Path, tmp_path: Path) -> None:
    network, state = tiny_fit(tiny_encoder, tmp_path)

    def never(_: MultiTaskNetwork) -> Validation:
        raise AssertionError

    recorder = Recorder()
    again, loaded = tiny_fit(tiny_encoder, tmp_path, validate=never, callback=recorder)
    assert loaded.history == state.history
    assert recorder.computed == (0, 0)
    assert len(recorder.messages) == 1
    assert largest_difference(network.trained_state(), again.trained_state()) == 0


def test_the_best_epoch_is_kept_not_the_last(tiny_encoder: Path, tmp_path: Path) -> None:
    seen: list[dict[str, torch.Tensor]] = []
    scores = iter([0.1, 0.7, 0.7])

    def validate(network: MultiTaskNetwork) -> Validation:
        assert not network.training
        seen.append({name: tensor.clone() for name, tensor in network.trained_state().items()})
        return Validation({"1a": next(scores)})

    network, state = tiny_fit(tiny_encoder, tmp_path, validate=validate)
    assert (state.best_epoch, state.best_score) == (2, 0.7)
    assert largest_difference(network.trained_state(), seen[1]) == 0
    assert largest_difference(seen[1], seen[2]) > 0


def test_training_stops_after_patience_epochs_without_improvement(tiny_encoder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=9, patience=2)
    scores = {1: 0.1, 2: 0.5, 3: 0.4, 4: 0.5}
    _, state = tiny_fit(tiny_encoder, tmp_path, config, validate=scored(scores))
    assert (state.epochs_done, state.best_epoch) == (4, 2)
    _, again = tiny_fit(tiny_encoder, tmp_path, config, validate=scored(scores))
    assert again.epochs_done == 4


def test_a_training_resumes_with_states_kept_elsewhere(tiny_encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        tiny_fit(tiny_encoder, tmp_path, states=KeptStates("none"), callback=Recorder(kill_in=2))
    _, state = tiny_fit(tiny_encoder, tmp_path, states=KeptStates("disk", folder=tmp_path / "states"))
    assert state.epochs_done == CONFIG.epochs
