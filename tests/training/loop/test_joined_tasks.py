"""Data sets put together: joined, and mixed by share without a bias among the tasks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.network import TASKS, Task
from tests.training.loop.tiny_training import STEADY, scored, tiny_network, tiny_tasks
from training.loop.algorithm1 import network_steps, task_probabilities
from training.loop.callbacks import NullCallback
from training.loop.joined_tasks import join_task_data, join_tasks, mix_tasks
from training.loop.multitask_training import train_multitask
from training.loop.objective import task_class_weights
from training.loop.soft_targets import SoftTargets, binary_distribution
from training.loop.task_data import TaskData, mini_batches
from training.loop.training_state import StateFolder, fingerprint


@pytest.fixture(scope="module")
def tasks(tiny_encoder: Path) -> dict[Task, TaskData]:
    return tiny_tasks(tiny_encoder)


@pytest.mark.parametrize("task", TASKS)
def test_joined_data_has_the_batches_of_its_parts(task: Task, tasks: dict[Task, TaskData]) -> None:
    data = tasks[task]
    soft = SoftTargets.of([[binary_distribution(1.0) for _ in target] for target in data.targets])
    joined = join_task_data([data, replace(data, soft=soft)])
    assert len(joined) == 2 * len(data)
    for offset in (0, len(data)):
        inputs, targets = joined.batch([offset, offset + 2])
        expected_inputs, expected_targets = data.batch([0, 2])
        assert torch.equal(inputs.input_ids, expected_inputs.input_ids)
        assert torch.equal(targets, expected_targets)
    assert joined.soft is not None
    assert not joined.soft.present(0).any()
    assert joined.soft.present(len(data)).all()


def test_a_task_without_examples_is_left_out(tasks: dict[Task, TaskData]) -> None:
    assert set(join_tasks([{"1a": tasks["1a"]}, {}])) == {"1a"}
    assert set(join_tasks([{"1a": tasks["1a"]}, {"1c": tasks["1c"]}])) == {"1a", "1c"}


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8])
def test_mixed_texts_have_their_share_of_an_epoch(share: float, tasks: dict[Task, TaskData]) -> None:
    data = mix_tasks(tasks, [(tasks, share)])["1a"]
    [order] = [[row for batch in mini_batches(data, 4, torch.Generator().manual_seed(1)) for row in batch]]
    assert len(order) == data.epoch_size
    mixed = sum(row >= len(tasks["1a"]) for row in order)
    assert mixed / len(order) == pytest.approx(share, abs=0.5 / len(order) + 0.01)


def test_several_corpora_keep_their_shares(tasks: dict[Task, TaskData]) -> None:
    data = mix_tasks(tasks, [(tasks, 0.5), (tasks, 0.25)])["1a"]
    assert data.epoch_size == 4 * len(tasks["1a"])


def test_equation_1_counts_what_an_epoch_takes(tasks: dict[Task, TaskData]) -> None:
    sizes = [len(tasks[task]) for task in TASKS]
    batches = [STEADY.batch_size(task) for task in TASKS]
    mixed = mix_tasks(tasks, [(tasks, 0.5)])  # the same corpus: every task doubles
    assert [mixed[task].epoch_size for task in TASKS] == [2 * size for size in sizes]
    probabilities = task_probabilities([mixed[task].epoch_size for task in TASKS], batches)
    assert probabilities == pytest.approx(task_probabilities(sizes, batches))
    assert network_steps(mixed, STEADY) == pytest.approx(2 * network_steps(tasks, STEADY), abs=1)


def test_class_weights_count_what_an_epoch_takes(tasks: dict[Task, TaskData]) -> None:
    positive = [row for row, target in enumerate(tasks["1a"].targets) if target[0] == 1]
    only_positive = replace(
        tasks["1a"],
        inputs=tasks["1a"].inputs,
        targets=[[1]] * len(tasks["1a"]),
    )
    mixed = mix_tasks({"1a": tasks["1a"]}, [({"1a": only_positive}, 0.5)])["1a"]
    weights = task_class_weights(mixed, STEADY)
    total = len(tasks["1a"])
    assert weights is not None
    negatives, positives = total - len(positive), len(positive) + total
    assert weights.tolist() == pytest.approx([total / negatives, total / positives])


def test_a_mixed_training_resumes_with_the_same_weights(
    tiny_encoder: Path, tmp_path: Path, tasks: dict[Task, TaskData]
) -> None:
    mixed = mix_tasks(tasks, [(tasks, 0.3)])
    validate = scored()  # each epoch is better than all before it

    def train(name: str, epochs: int) -> dict[str, torch.Tensor]:
        config = replace(STEADY, epochs=epochs)
        folder = StateFolder(tmp_path / name, "same")
        network = tiny_network(tiny_encoder, config)
        train_multitask(network, mixed, config, folder, validate=validate, callback=NullCallback())
        return network.trained_state()

    whole = train("whole", 2)
    train("resumed", 1)
    resumed = train("resumed", 2)
    assert all(torch.equal(tensor, resumed[name]) for name, tensor in whole.items())


def test_rates_and_soft_targets_identify_a_training(tasks: dict[Task, TaskData]) -> None:
    data = tasks["1a"]
    mixed = mix_tasks({"1a": data}, [({"1a": data}, 0.3)])["1a"]
    other = mix_tasks({"1a": data}, [({"1a": data}, 0.4)])["1a"]
    soft = SoftTargets.of([[binary_distribution(1.0)]] * len(mixed))
    identities = [fingerprint(STEADY, [tasks]) for tasks in (mixed, other, replace(mixed, soft=soft))]
    assert len(set(identities)) == 3
    assert np.all(np.isfinite(mixed.rates.by_row if mixed.rates else np.array([np.nan])))
