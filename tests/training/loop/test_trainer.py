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

from models.network import MultiTaskNetwork, Task
from tests.training.loop import tiny_training
from tests.training.loop.tiny_training import (
    CONFIG,
    largest_difference,
    scored,
    tiny_fit,
    tiny_network,
    tiny_tasks,
)
from training.errors import RunError
from training.loop.callbacks import NullCallback
from training.loop.config import TrainingConfig
from training.loop.multitask_training import Validation
from training.loop.states import KeptStates
from training.loop.training_state import TrainingState, fingerprint


class KilledError(Exception):
    """Simulates a kill in the middle of an epoch."""


class Recorder(NullCallback):
    """Records the events, and can interrupt the training at the first step of an epoch."""

    def __init__(self, kill_in: int | None = None) -> None:
        self.kill_in = kill_in
        self.epochs: list[Mapping[str, Any]] = []
        self.remaining: list[int] = []
        self.computed = (0, 0)
        self.messages: list[str] = []
        self._epoch = 0

    def on_message(self, text: str) -> None:
        self.messages.append(text)

    def on_states_computed(self, done: int, total: int) -> None:
        self.computed = (done, total)

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        self._epoch = epoch
        self.remaining.append(steps)

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        if self._epoch == self.kill_in:
            raise KilledError
        self.remaining.append(remaining)

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        self.epochs.append(figures)


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


def test_training_lowers_the_loss_of_each_task(tiny_encoder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=12, learning_rate=3e-3, head_learning_rate=3e-3, dropout=0.0)
    _, state = tiny_fit(tiny_encoder, tmp_path, config)
    first, last = state.history[0]["losses"], state.history[-1]["losses"]
    assert set(last) == {"1a", "1b", "1c"}
    assert all(last[task] < first[task] for task in last)


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


def test_the_run_folder_of_another_training_is_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, epochs=1))
    with pytest.raises(RunError, match="--fresh"):
        tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, epochs=1, seed=2))


def test_a_damaged_state_file_is_named(tiny_encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "last-epoch.pt").write_bytes(b"damaged")
    with pytest.raises(RunError, match=r"last-epoch\.pt"):
        tiny_fit(tiny_encoder, tmp_path)


def test_a_full_disk_is_named_and_leaves_the_previous_epoch(tiny_encoder: Path, tmp_path: Path) -> None:
    class FillDiskAfterFirstEpoch(NullCallback):
        def on_epoch_start(self, epoch: int, steps: int) -> None:
            if epoch == 1:
                (tmp_path / "last-epoch.partial").symlink_to("/dev/full")

    with pytest.raises(RunError, match=r"last-epoch\.pt.*make room"):
        tiny_fit(tiny_encoder, tmp_path, callback=FillDiskAfterFirstEpoch())
    assert [path.name for path in tmp_path.iterdir()] == ["last-epoch.pt"]
    recorder = Recorder()
    tiny_fit(tiny_encoder, tmp_path, callback=recorder)
    assert [figures["epoch"] for figures in recorder.epochs] == [2, 3]


def test_a_training_resumes_with_states_kept_elsewhere(tiny_encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        tiny_fit(tiny_encoder, tmp_path, states=KeptStates("none"), callback=Recorder(kill_in=2))
    _, state = tiny_fit(tiny_encoder, tmp_path, states=KeptStates("disk", folder=tmp_path / "states"))
    assert state.epochs_done == CONFIG.epochs


def test_the_fingerprint_depends_on_data_settings_and_extra_texts(tiny_encoder: Path) -> None:
    tasks = tiny_tasks(tiny_encoder)
    data = list(tasks.values())
    mirrored = replace(tasks["1a"], targets=[[1 - target[0]] for target in tasks["1a"].targets])
    identities = [
        fingerprint(CONFIG, data),
        fingerprint(replace(CONFIG, seed=2), data),
        fingerprint(CONFIG, data[:2]),
        fingerprint(CONFIG, [mirrored, *data[1:]]),
        fingerprint(CONFIG, data, extra=["validation"]),
    ]
    assert len(set(identities)) == len(identities)
    assert fingerprint(CONFIG, list(tiny_tasks(tiny_encoder).values())) == identities[0]


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
