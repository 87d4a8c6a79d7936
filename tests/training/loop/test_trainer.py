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

from models.network.multitask import MultiTaskNetwork
from tests.training.loop import tiny_training
from tests.training.loop.tiny_training import CONFIG, farthest, judged, tiny_fit, tiny_network, tiny_tasks
from training.errors import RunError
from training.loop.callbacks import NullCallback
from training.loop.config import Task, TrainingConfig
from training.loop.states import KeptStates
from training.loop.trainer import Validation
from training.loop.training_state import TrainingState, fingerprint


class KilledError(Exception):
    """Stands for a kill in the middle of an epoch."""


class Recorder(NullCallback):
    """Keeps what it is told, and stops the training at the first step of an epoch if so asked."""

    def __init__(self, kill_in: int | None = None) -> None:
        self.kill_in = kill_in
        self.epochs: list[Mapping[str, Any]] = []
        self.left: list[int] = []
        self.kept = (0, 0)
        self.notes: list[str] = []
        self._epoch = 0

    def note(self, text: str) -> None:
        self.notes.append(text)

    def keeping(self, done: int, total: int) -> None:
        self.kept = (done, total)

    def epoch(self, number: int, steps: int) -> None:
        self._epoch = number
        self.left.append(steps)

    def step(self, task: Task, loss: float, left: int) -> None:
        if self._epoch == self.kill_in:
            raise KilledError
        self.left.append(left)

    def scores(self, figures: Mapping[str, Any]) -> None:
        self.epochs.append(figures)


@pytest.fixture(scope="module")
def straight(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainingState, Recorder]:
    recorder = Recorder()
    _, state = tiny_fit(tiny_encoder, tmp_path_factory.mktemp("straight"), watcher=recorder)
    return state, recorder


def test_each_step_and_epoch_is_told(straight: tuple[TrainingState, Recorder]) -> None:
    state, recorder = straight
    assert recorder.kept[0] == recorder.kept[1] > 0
    steps = recorder.left[0]
    assert recorder.left == [*range(steps, -1, -1)] * CONFIG.epochs
    assert [figures["epoch"] for figures in recorder.epochs] == [1, 2, 3]
    assert recorder.epochs == state.history


def test_training_lowers_the_loss_of_each_task(tiny_encoder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=12, learning_rate=3e-3, head_learning_rate=3e-3, dropout=0.0)
    _, state = tiny_fit(tiny_encoder, tmp_path, config)
    first, last = state.history[0]["losses"], state.history[-1]["losses"]
    assert set(last) == {"1a", "1b", "1c"}
    assert all(last[task] < first[task] for task in last)


def test_a_process_killed_in_an_epoch_leaves_a_training_that_ends_in_the_same_weights(
    tiny_encoder: Path, tmp_path: Path, straight: tuple[TrainingState, Recorder]
) -> None:
    command = [sys.executable, tiny_training.__file__, "die", str(tiny_encoder), str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    assert subprocess.run(command, env=environment, timeout=150).returncode == -signal.SIGKILL
    resumed = Recorder()
    _, state = tiny_fit(tiny_encoder, tmp_path, watcher=resumed, validate=judged({1: 0.002, 2: 0.003}))
    assert [figures["epoch"] for figures in resumed.epochs] == [2, 3]
    assert state.history == straight[0].history
    assert farthest(state.network, straight[0].network) == 0
    assert farthest(state.best, straight[0].best) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"adversarial": "freelb"},
        {"frozen_layers": 0, "pooling": "mean", "layer_decay": 0.8, "schedule": "linear", "warmup": 0.1},
        {"bfloat16": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_kind_of_training_goes_on_to_the_same_weights(
    change: dict[str, Any], tiny_encoder: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, epochs=2, **change)
    _, whole = tiny_fit(tiny_encoder, tmp_path / "whole", config)
    with pytest.raises(KilledError):
        tiny_fit(tiny_encoder, tmp_path / "cut", config, watcher=Recorder(kill_in=1))
    recorder = Recorder()
    _, resumed = tiny_fit(tiny_encoder, tmp_path / "cut", config, watcher=recorder)
    assert farthest(whole.network, resumed.network) == 0
    assert len(recorder.notes) == 1  # whoever watches is told that it goes on, and from where
    assert str(tmp_path / "cut") in recorder.notes[0]


def test_a_finished_training_is_not_done_again(tiny_encoder: Path, tmp_path: Path) -> None:
    network, state = tiny_fit(tiny_encoder, tmp_path)

    def never(_: MultiTaskNetwork) -> Validation:
        raise AssertionError

    recorder = Recorder()
    again, same = tiny_fit(tiny_encoder, tmp_path, validate=never, watcher=recorder)
    assert same.history == state.history
    assert recorder.kept == (0, 0)
    assert len(recorder.notes) == 1
    assert farthest(network.trained_state(), again.trained_state()) == 0


def test_the_best_epoch_is_kept_not_the_last(tiny_encoder: Path, tmp_path: Path) -> None:
    seen: list[dict[str, torch.Tensor]] = []
    scores = iter([0.1, 0.7, 0.7])

    def validate(network: MultiTaskNetwork) -> Validation:
        assert not network.training
        seen.append({name: tensor.clone() for name, tensor in network.trained_state().items()})
        return Validation({"1a": next(scores)})

    network, state = tiny_fit(tiny_encoder, tmp_path, validate=validate)
    assert (state.best_epoch, state.best_score) == (2, 0.7)
    assert farthest(network.trained_state(), seen[1]) == 0
    assert farthest(seen[1], seen[2]) > 0


def test_patience_ends_a_training_that_gets_no_better(tiny_encoder: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=9, patience=2)
    scores = {1: 0.1, 2: 0.5, 3: 0.4, 4: 0.5}
    _, state = tiny_fit(tiny_encoder, tmp_path, config, validate=judged(scores))
    assert (state.epochs_done, state.best_epoch) == (4, 2)
    _, again = tiny_fit(tiny_encoder, tmp_path, config, validate=judged(scores))
    assert again.epochs_done == 4


@pytest.mark.parametrize(("select", "score"), [("mean", 0.4), ("1a", 0.6), ("1b", 0.2)])
def test_epochs_are_judged_by_the_chosen_score(
    select: Any, score: float, tiny_encoder: Path, tmp_path: Path
) -> None:
    config = replace(CONFIG, epochs=1, select=select)
    _, state = tiny_fit(tiny_encoder, tmp_path, config, validate=lambda _: Validation({"1a": 0.6, "1b": 0.2}))
    assert state.best_score == pytest.approx(score)


@pytest.mark.parametrize("validation", [Validation({}), Validation({"1a": 0.5})])
def test_a_validation_without_the_chosen_score_is_refused(
    validation: Validation, tiny_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="validation"):
        tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, select="1c"), validate=lambda _: validation)


def test_the_run_folder_of_another_training_is_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, epochs=1))
    with pytest.raises(RunError, match="--fresh"):
        tiny_fit(tiny_encoder, tmp_path, replace(CONFIG, epochs=1, seed=2))


def test_a_damaged_state_is_named(tiny_encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "last-epoch.pt").write_bytes(b"no state")
    with pytest.raises(RunError, match=r"last-epoch\.pt"):
        tiny_fit(tiny_encoder, tmp_path)


def test_a_full_disk_is_named_and_leaves_the_epoch_before(tiny_encoder: Path, tmp_path: Path) -> None:
    class FullAfterOne(NullCallback):
        def epoch(self, number: int, steps: int) -> None:
            if number == 1:
                (tmp_path / "last-epoch.partial").symlink_to("/dev/full")

    with pytest.raises(RunError, match=r"last-epoch\.pt.*make room"):
        tiny_fit(tiny_encoder, tmp_path, watcher=FullAfterOne())
    assert [path.name for path in tmp_path.iterdir()] == ["last-epoch.pt"]
    recorder = Recorder()
    tiny_fit(tiny_encoder, tmp_path, watcher=recorder)
    assert [figures["epoch"] for figures in recorder.epochs] == [2, 3]


def test_a_training_goes_on_wherever_states_are_kept(tiny_encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(KilledError):
        tiny_fit(tiny_encoder, tmp_path, states=KeptStates("none"), watcher=Recorder(kill_in=2))
    _, state = tiny_fit(tiny_encoder, tmp_path, states=KeptStates("disk", folder=tmp_path / "states"))
    assert state.epochs_done == CONFIG.epochs


def test_data_settings_and_what_lies_beside_them_are_a_trainings_identity(tiny_encoder: Path) -> None:
    tasks = tiny_tasks(tiny_encoder)
    data = list(tasks.values())
    mirrored = replace(tasks["1a"], targets=[[1 - target[0]] for target in tasks["1a"].targets])
    identities = [
        fingerprint(CONFIG, data),
        fingerprint(replace(CONFIG, seed=2), data),
        fingerprint(CONFIG, data[:2]),
        fingerprint(CONFIG, [mirrored, *data[1:]]),
        fingerprint(CONFIG, data, beside=["validation"]),
    ]
    assert len(set(identities)) == len(identities)
    assert fingerprint(CONFIG, list(tiny_tasks(tiny_encoder).values())) == identities[0]


def test_a_loss_that_is_no_number_ends_the_training(tiny_encoder: Path, tmp_path: Path) -> None:
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
