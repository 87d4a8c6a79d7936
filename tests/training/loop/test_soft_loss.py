"""The loss on soft targets: zero at the teacher, and the plain loss without one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from models.network import TASKS, Task
from tests.training.loop.tiny_training import STEADY, tiny_network, tiny_tasks
from training.loop.objective import backward, task_class_weights
from training.loop.processes import Processes
from training.loop.soft_loss import soft_divergence, weigh_targets, weighted_loss
from training.loop.soft_targets import Distribution, SoftTargets, binary_distribution
from training.loop.states import KeptStates
from training.loop.task_data import IGNORED, TaskData

CPU = torch.device("cpu")


def distributions(logits: torch.Tensor) -> list[list[Distribution]]:
    """Return the distributions of logits `[targets, classes]`, as a teacher of the same classes has them."""
    return [[dict(enumerate(row))] for row in logits.log_softmax(-1).tolist()]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0, 5.0])
def test_a_student_that_agrees_with_its_teacher_has_no_loss(temperature: float) -> None:
    logits = torch.randn(6, 4, generator=torch.Generator().manual_seed(1)) * 5
    soft = SoftTargets.of(distributions(logits)).batch(range(6), by_token=False)
    divergence = soft_divergence(logits, soft, temperature)
    torch.testing.assert_close(divergence, torch.zeros(6), atol=1e-5, rtol=0)
    assert soft_divergence(logits.roll(1, -1), soft, temperature).min() > 0.01


def test_a_temperature_divides_the_log_odds_of_the_teacher() -> None:
    soft = SoftTargets.of([[binary_distribution(6.0)]]).batch([0], by_token=False)
    logits = torch.zeros(1, 2)
    p = torch.tensor(3.0).sigmoid()
    expected = p * p.log() + (1 - p) * (1 - p).log() - torch.tensor(0.5).log()
    torch.testing.assert_close(soft_divergence(logits, soft, 2.0)[0], expected)


def test_the_probability_of_known_candidates_is_scaled_to_one() -> None:
    half = torch.tensor(0.25).log().item()
    soft = SoftTargets.of([[{0: half, 2: half}]]).batch([0], by_token=False)
    logits = torch.tensor([[0.0, -50.0, 0.0]])
    torch.testing.assert_close(soft_divergence(logits, soft, 1.0), torch.zeros(1), atol=1e-6, rtol=0)


def test_an_extreme_teacher_gives_finite_gradients() -> None:
    logits = torch.tensor([[30.0, -30.0], [-30.0, 30.0]], requires_grad=True)
    rows: list[list[Distribution]] = [[binary_distribution(700.0)], [{}]]
    soft = SoftTargets.of(rows).batch([0, 1], by_token=False)
    soft_divergence(logits, soft, 1.0).sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()
    assert logits.grad[1].tolist() == [0, 0]


def test_weights_are_divided_where_there_are_both_targets() -> None:
    targets = torch.tensor([1, 0, IGNORED, IGNORED])
    present = torch.tensor([True, False, True, False])
    config = replace(STEADY, distill_weight=0.75)
    weights = weigh_targets(targets, present, torch.tensor([1.0, 4.0]), config)
    assert weights.hard.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert weights.soft.tolist() == [0.75, 0.0, 1.0, 0.0]
    assert weights.total == pytest.approx(3.75)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_the_loss_is_the_weighted_sum_of_both(share: float) -> None:
    logits = torch.randn(3, 2, generator=torch.Generator().manual_seed(2))
    targets = torch.tensor([0, 1, 1])
    soft = SoftTargets.of([[binary_distribution(x)] for x in (-1.0, 0.5, 2.0)]).batch(
        range(3), by_token=False
    )
    weights = weigh_targets(targets, soft.present, None, replace(STEADY, distill_weight=share))
    expected = (1 - share) * cross_entropy(logits, targets, reduction="sum")
    expected = expected + share * 4 * soft_divergence(logits, soft, 2.0).sum()
    torch.testing.assert_close(weighted_loss(logits, targets, soft, weights, 2.0), expected)


def with_soft(data: TaskData, rows: list[list[Distribution]]) -> TaskData:
    return replace(data, soft=SoftTargets.of(rows))


@pytest.mark.parametrize("task", TASKS)
def test_absent_soft_targets_leave_the_loss_as_it_is(task: Task, tiny_encoder: Path) -> None:
    data = tiny_tasks(tiny_encoder)[task]
    empty = with_soft(data, [[{} for _ in target] for target in data.targets])
    weights = task_class_weights(data, STEADY)
    losses = [
        backward(
            tiny_network(tiny_encoder, STEADY).eval(),
            tasks,
            list(range(7)),
            weights,
            KeptStates("none"),
            STEADY,
            Processes(CPU),
        )
        for tasks in (data, empty)
    ]
    torch.testing.assert_close(losses[0], losses[1])


@pytest.mark.parametrize("task", TASKS)
def test_the_shares_of_processes_sum_to_the_whole_mini_batch(task: Task, tiny_encoder: Path) -> None:
    data = tiny_tasks(tiny_encoder)[task]
    rows: list[list[Distribution]] = [
        [binary_distribution(number - 3.0) if number % 3 else {} for _ in target]
        for number, target in enumerate(data.targets)
    ]
    data = with_soft(data, rows)
    weights = task_class_weights(data, STEADY)
    network = tiny_network(tiny_encoder, STEADY).eval()

    def loss(rank: int, count: int) -> torch.Tensor:
        processes = Processes(CPU, rank, count)
        return backward(network, data, list(range(7)), weights, KeptStates("none"), STEADY, processes)

    torch.testing.assert_close(sum(loss(rank, 3) for rank in range(3)), loss(0, 1))
