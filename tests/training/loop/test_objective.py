"""The loss of each task, and how the processes share a mini-batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from models.network import CLASSIFIER, EXTRACTOR, NORMALIZER, TASKS, MultiTaskNetwork, Task
from tests.training.loop.tiny_training import STEADY, tiny_network, tiny_tasks
from training.loop.objective import (
    backward,
    balanced_class_weights,
    mini_batch_share,
    task_class_weights,
    task_loss,
    trained_parameters,
)
from training.loop.processes import Processes
from training.loop.states import KeptStates
from training.loop.task_data import IGNORED, TaskData


@pytest.fixture
def network(tiny_encoder: Path) -> MultiTaskNetwork:
    return tiny_network(tiny_encoder, STEADY).eval()  # without dropout


@pytest.fixture(scope="module")
def tasks(tiny_encoder: Path) -> dict[Task, TaskData]:
    return tiny_tasks(tiny_encoder)


def expected_loss(network: MultiTaskNetwork, data: TaskData, rows: list[int]) -> torch.Tensor:
    """Compute Equation 2 by torch's own mean."""
    inputs, targets = data.batch(rows)
    mask = inputs.attention_mask
    trunk = network.trunk_states(inputs.input_ids, mask, inputs.token_type_ids)
    if data.task == "1a":
        weights = balanced_class_weights([target[0] for target in data.targets])
        return cross_entropy(network.logits(CLASSIFIER, trunk, mask), targets, weight=weights)
    if data.task == "1b":
        logits = network.logits(EXTRACTOR, trunk, mask)
        return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    return cross_entropy(network.logits(NORMALIZER, trunk, mask, inputs.span_mask), targets)


def test_classes_are_weighted_by_the_balanced_heuristic() -> None:
    assert balanced_class_weights([1] * 10 + [0] * 30).tolist() == pytest.approx(
        [40 / (2 * 30), 40 / (2 * 10)]
    )


def test_a_class_without_examples_weighs_zero() -> None:
    assert balanced_class_weights([0, 0]).tolist() == [0.5, 0.0]
    assert balanced_class_weights([0, 0, 0, 1]).tolist() == pytest.approx([4 / 6, 2.0])


def test_small_class_weights_cancel_out(network: MultiTaskNetwork, tasks: dict[Task, TaskData]) -> None:
    losses = []
    for weight in (1.0, 0.01):
        weights = torch.full((2,), weight)
        share = mini_batch_share(tasks["1a"], [0, 1], [0, 1], weights, STEADY)
        batch = share.inputs
        trunk = network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)
        losses.append(task_loss(network, share, trunk, weights, STEADY))
    torch.testing.assert_close(*losses)


def test_only_subtask_1a_has_class_weights_and_settings_can_disable_them(
    tasks: dict[Task, TaskData],
) -> None:
    assert [task for task in TASKS if task_class_weights(tasks[task], STEADY) is not None] == ["1a"]
    unweighted = task_class_weights(tasks["1a"], replace(STEADY, balanced=False))
    assert unweighted is not None
    assert unweighted.tolist() == [1, 1]


@pytest.mark.parametrize("task", TASKS)
def test_the_loss_is_the_weighted_mean_over_the_mini_batch(
    task: Task, network: MultiTaskNetwork, tasks: dict[Task, TaskData]
) -> None:
    data, weights = tasks[task], task_class_weights(tasks[task], STEADY)
    rows = list(range(min(7, len(data))))
    share = mini_batch_share(data, rows, rows, weights, STEADY)
    batch = share.inputs
    trunk = network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)
    expected = expected_loss(network, data, rows)
    torch.testing.assert_close(task_loss(network, share, trunk, weights, STEADY), expected)


@pytest.mark.parametrize("count", [2, 3, 12])
@pytest.mark.parametrize("task", TASKS)
def test_the_shares_of_processes_sum_to_the_whole_mini_batch(
    task: Task, count: int, network: MultiTaskNetwork, tasks: dict[Task, TaskData]
) -> None:
    data, weights = tasks[task], task_class_weights(tasks[task], STEADY)
    rows = list(range(7))
    expected_loss(network, data, rows).backward()
    expected = {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}
    network.zero_grad()
    losses = [
        backward(network, data, rows, weights, KeptStates("none"), STEADY, processes)
        for processes in (Processes(torch.device("cpu"), rank, count) for rank in range(count))
    ]
    torch.testing.assert_close(sum(losses), expected_loss(network, data, rows).detach())
    for name, parameter in network.named_parameters():
        if name in expected:
            torch.testing.assert_close(parameter.grad, expected[name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_trains_the_shared_layers_and_its_own_head_only(
    task: Task, network: MultiTaskNetwork, tasks: dict[Task, TaskData]
) -> None:
    expected_loss(network, tasks[task], [0, 1, 2]).backward()
    with_gradient = {name for name, p in network.named_parameters() if p.grad is not None}
    names = {id(p): name for name, p in network.named_parameters()}
    trained = {names[id(p)] for p in trained_parameters(network, task)}
    # No loss depends on the biases of keys, and some ways to compute attention leave them out.
    assert with_gradient <= trained
    assert all(name.endswith("key.bias") for name in trained - with_gradient)


def test_texts_without_a_token_weigh_zero(network: MultiTaskNetwork, tasks: dict[Task, TaskData]) -> None:
    data = TaskData("1b", tasks["1b"].inputs, [[IGNORED] * len(tags) for tags in tasks["1b"].targets])
    loss = backward(network, data, [0, 1], None, KeptStates("none"), STEADY, Processes(torch.device("cpu")))
    assert loss.item() == 0
