from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from models.network.multitask import MultiTaskNetwork
from tests.training.loop.tiny_training import STEADY, tiny_network, tiny_tasks
from training.loop.config import Task
from training.loop.objective import backward, balanced_class_weights, share_of, task_loss, trained_parameters
from training.loop.processes import Processes
from training.loop.states import KeptStates
from training.loop.task_data import IGNORED, TaskData

TASKS: tuple[Task, ...] = ("1a", "1b", "1c")


@pytest.fixture
def network(tiny_encoder: Path) -> MultiTaskNetwork:
    return tiny_network(tiny_encoder, STEADY).eval()  # without dropout


@pytest.fixture(scope="module")
def tasks(tiny_encoder: Path) -> dict[Task, TaskData]:
    return tiny_tasks(tiny_encoder)


def weights_of(tasks: dict[Task, TaskData]) -> torch.Tensor:
    return balanced_class_weights([target[0] for target in tasks["1a"].targets])


def by_hand(
    network: MultiTaskNetwork, data: TaskData, rows: list[int], weights: torch.Tensor
) -> torch.Tensor:
    """Equation 2, as torch has it."""
    inputs, targets = data.batch(rows)
    mask = inputs.attention_mask
    trunk = network.trunk_states(inputs.input_ids, mask, inputs.token_type_ids)
    if data.task == "1a":
        return cross_entropy(network.classify(trunk, mask), targets, weight=weights)
    if data.task == "1b":
        logits = network.extract(trunk, mask)
        return cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    return cross_entropy(network.normalize(trunk, mask, inputs.span_mask), targets)


@pytest.mark.parametrize("task", TASKS)
def test_the_loss_is_the_weighted_mean_over_the_mini_batch(
    task: Task, network: MultiTaskNetwork, tasks: dict[Task, TaskData]
) -> None:
    data, weights = tasks[task], weights_of(tasks)
    rows = list(range(min(7, len(data))))
    share = share_of(data, rows, rows, weights)
    batch = share.inputs
    trunk = network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)
    expected = by_hand(network, data, rows, weights)
    torch.testing.assert_close(task_loss(network, share, trunk, weights), expected)


@pytest.mark.parametrize("count", [2, 3, 12])
@pytest.mark.parametrize("task", TASKS)
def test_the_shares_of_processes_add_up_to_the_whole(
    task: Task, count: int, network: MultiTaskNetwork, tasks: dict[Task, TaskData]
) -> None:
    data, weights = tasks[task], weights_of(tasks)
    rows = list(range(7))
    by_hand(network, data, rows, weights).backward()
    expected = {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}
    network.zero_grad()
    losses = [
        backward(network, data, rows, weights, KeptStates("none"), STEADY, processes)
        for processes in (Processes(torch.device("cpu"), rank, count) for rank in range(count))
    ]
    torch.testing.assert_close(sum(losses), by_hand(network, data, rows, weights).detach())
    for name, parameter in network.named_parameters():
        if name in expected:
            torch.testing.assert_close(parameter.grad, expected[name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_reaches_the_shared_layers_and_its_own_head_alone(
    task: Task, network: MultiTaskNetwork, tasks: dict[Task, TaskData]
) -> None:
    by_hand(network, tasks[task], [0, 1, 2], weights_of(tasks)).backward()
    touched = {name for name, p in network.named_parameters() if p.grad is not None}
    named = {id(p): name for name, p in network.named_parameters()}
    reached = {named[id(p)] for p in trained_parameters(network, task)}
    # No loss depends on the biases of keys, and some ways to compute it leave them out.
    assert touched <= reached
    assert all(name.endswith("key.bias") for name in reached - touched)


def test_texts_without_a_token_weigh_nothing(network: MultiTaskNetwork, tasks: dict[Task, TaskData]) -> None:
    data = TaskData("1b", tasks["1b"].inputs, [[IGNORED] * len(tags) for tags in tasks["1b"].targets])
    loss = backward(
        network, data, [0, 1], torch.ones(2), KeptStates("none"), STEADY, Processes(torch.device("cpu"))
    )
    assert loss.item() == 0
