"""Lines 4 to 9 of Algorithm 1: which task each step is of, and which mini-batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from models.network.multitask import MultiTaskNetwork
from tests.training.loop.tiny_training import CONFIG, tiny_network
from training.loop.algorithm1 import steps_of_epoch, task_probabilities, train_epoch
from training.loop.callbacks import NullCallback
from training.loop.config import Task, TrainingConfig
from training.loop.inputs import Inputs
from training.loop.optimization import make_optimizer
from training.loop.states import KeptStates
from training.loop.task_data import TaskData

SIZES: dict[Task, int] = {"1a": 9_000, "1b": 1_200, "1c": 300}
Step = tuple[Task, list[int], list[float]]


def data(task: Task, count: int) -> TaskData:
    """Inputs of three tokens, a third of them positive."""
    packed = Inputs.packed([[1, 2, 3]] * count, [[0] * 3] * count)
    return TaskData(task, packed, [[int(row % 3 == 0)] for row in range(count)])


@pytest.fixture(scope="module")
def network(tiny_encoder: Path) -> MultiTaskNetwork:
    return tiny_network(tiny_encoder, CONFIG)


def steps(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch, *, epoch: int = 0, **changes: Any
) -> list[Step]:
    """Run an epoch without computing anything; gives each step's task, rows and weights of classes."""
    taken: list[Step] = []

    def backward(
        network: MultiTaskNetwork, data: TaskData, rows: Sequence[int], weights: torch.Tensor, *_: object
    ) -> torch.Tensor:
        taken.append((data.task, list(rows), weights.tolist()))
        return torch.zeros(())

    monkeypatch.setattr("training.loop.algorithm1.backward", backward)
    config: TrainingConfig = replace(CONFIG, batch_size_1a=30, batch_size_1b=10, batch_size_1c=10, **changes)
    train_epoch(
        network,
        {task: data(task, size) for task, size in SIZES.items()},
        make_optimizer(network, config),
        config,
        epoch=epoch,
        states=KeptStates("none"),
        watcher=NullCallback(),
    )
    return taken


def test_tasks_come_as_often_as_equation_1_says(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counter(task for epoch in range(6) for task, _, _ in steps(network, monkeypatch, epoch=epoch))
    whole = sum(counts.values())
    assert whole == 6 * (300 + 120 + 30)
    expected = dict(zip(SIZES, task_probabilities([*SIZES.values()], [30, 10, 10]), strict=True))
    for task, probability in expected.items():
        deviation = (whole * probability * (1 - probability)) ** 0.5
        assert abs(counts[task] - whole * probability) < 4 * deviation, task


def test_mini_batches_are_shuffled_and_packed_again_when_they_have_run_out(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = 0
    for epoch in range(4):
        seen: dict[Task, list[list[int]]] = {task: [] for task in SIZES}
        for task, rows, _ in steps(network, monkeypatch, epoch=epoch):
            seen[task].append(rows)
        for task, size in SIZES.items():
            batches = size // len(seen[task][0])
            for start in range(0, len(seen[task]), batches):
                turn = seen[task][start : start + batches]
                rows_seen = [row for rows in turn for row in rows]
                assert len(set(rows_seen)) == len(rows_seen)
                if len(turn) == batches:
                    assert len(rows_seen) == size
            if len(seen[task]) > batches:
                again += 1
                assert seen[task][batches] != seen[task][0]
    assert again > 0


def test_an_epoch_is_the_same_each_time_and_like_no_other(
    network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = steps(network, monkeypatch)
    assert steps(network, monkeypatch) == first
    assert steps(network, monkeypatch, epoch=1) != first
    assert steps(network, monkeypatch, seed=2) != first
    assert len(first) == steps_of_epoch(
        {task: data(task, size) for task, size in SIZES.items()},
        replace(CONFIG, batch_size_1a=30, batch_size_1b=10, batch_size_1c=10),
    )


@pytest.mark.parametrize(("balanced", "weights"), [(True, [0.75, 1.5]), (False, [1.0, 1.0])])
def test_the_classes_of_1a_are_weighted_if_the_settings_say_so(
    balanced: bool, weights: list[float], network: MultiTaskNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    [used] = {tuple(w) for _, _, w in steps(network, monkeypatch, balanced=balanced)}
    assert used == pytest.approx(weights)
