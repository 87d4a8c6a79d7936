"""Algorithm 1 of the paper: one network trained on three tasks, a random one at each step.

     1  initialize the parameters from the pretrained encoder
     2  compute the probabilities p_i by Equation 1
     3  shuffle the data sets and pack them into mini-batches D_1, D_2, D_3
     4  for N training steps do
     5      choose task i with probability p_i
   6-8      if D_i is empty, shuffle and pack it again
     9      choose a mini-batch b from D_i at random
    10      compute the loss L_i of the task on b
    11      update the parameters by L_i

Our step counts are split into epochs, after each of which the network is evaluated (section 3.3), and
the mini-batches are packed anew at the start of each epoch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.optim import Optimizer

from models.network.multitask import MultiTaskNetwork
from training.errors import RunError
from training.loop.callbacks import TrainingCallback
from training.loop.config import Task, TrainingConfig
from training.loop.objective import backward, balanced_class_weights, trained_parameters
from training.loop.optimization import set_rates, share_of_rate
from training.loop.processes import SINGLE_PROCESS, Processes, explain_out_of_memory
from training.loop.states import KeptStates
from training.loop.task_data import TaskData, mini_batches

# A GPU is asked for its losses so many at a time, since each question makes it wait.
_LOSSES_AT_ONCE = 16


def task_probabilities(sizes: Sequence[int], batch_sizes: Sequence[int]) -> list[float]:
    """Equation 1: P(i) = (size(D_i) / size(b_i)) / sum over t of (size(D_t) / size(b_t))."""
    shares = [size / batch for size, batch in zip(sizes, batch_sizes, strict=True)]
    return [share / sum(shares) for share in shares]


def steps_of_epoch(tasks: Mapping[Task, TaskData], config: TrainingConfig) -> int:
    """Give the steps in which every example is seen once, by expectation."""
    return max(1, round(sum(len(data) / config.batch_size(task) for task, data in tasks.items())))


@dataclass
class _Supply:
    """D_i: the mini-batches of one task, packed again when they have run out (lines 6 to 8)."""

    data: TaskData
    size: int
    generator: torch.Generator
    waiting: list[list[int]] = field(default_factory=list)

    def take(self) -> list[int]:
        if not self.waiting:
            self.waiting = mini_batches(self.data, self.size, self.generator)
        return self.waiting.pop()


@dataclass
class _Losses:
    """Losses of the steps so far; those that are still on their way from the device come last."""

    watcher: TrainingCallback
    steps: int
    by_task: dict[Task, list[float]] = field(default_factory=dict)
    waiting: list[tuple[Task, Tensor]] = field(default_factory=list)
    done: int = 0

    def add(self, task: Task, loss: Tensor) -> None:
        self.waiting.append((task, loss))
        if loss.device.type == "cpu" or len(self.waiting) == _LOSSES_AT_ONCE:
            self.report()

    def report(self) -> None:
        values = torch.stack([loss for _, loss in self.waiting]).tolist() if self.waiting else []
        for (task, _), value in zip(self.waiting, values, strict=True):
            self.done += 1
            if not math.isfinite(value):
                raise RunError(
                    f"the loss of {task} is {value} at step {self.done} of the epoch: the training has left "
                    "all bounds; start over with a smaller --set learning-rate"
                )
            self.by_task.setdefault(task, []).append(value)
            self.watcher.step(task, value, self.steps - self.done)
        self.waiting.clear()


def train_epoch(
    network: MultiTaskNetwork,
    tasks: Mapping[Task, TaskData],
    optimizer: Optimizer,
    config: TrainingConfig,
    *,
    epoch: int,
    states: KeptStates,
    watcher: TrainingCallback,
    processes: Processes = SINGLE_PROCESS,
) -> dict[Task, float]:
    """Lines 2 to 11, for the steps of one epoch.

    All chance comes from the seed and the number of the epoch, so that an epoch after a resumed run
    is the one that an uninterrupted run would have had.

    Returns:
        The mean loss of each task that was drawn.

    Raises:
        RunError: memory ran out, or a loss is no number.
    """
    generator = torch.Generator().manual_seed(config.seed * 100_003 + epoch)
    torch.manual_seed(config.seed * 100_003 + epoch + 7_919 * processes.rank)  # dropout
    for module in network.shared.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = config.layer_dropout
    names = list(tasks)
    odds = torch.tensor(
        task_probabilities([len(tasks[name]) for name in names], [config.batch_size(name) for name in names])
    )
    supplies = {name: _Supply(tasks[name], config.batch_size(name), generator) for name in names}
    weights = torch.ones(2)
    if config.balanced and "1a" in tasks:
        weights = balanced_class_weights([target[0] for target in tasks["1a"].targets])
    steps = steps_of_epoch(tasks, config)
    losses = _Losses(watcher, steps)
    network.train()
    for step in range(steps):
        task = names[int(torch.multinomial(odds, 1, generator=generator))]  # line 5
        rows = supplies[task].take()  # lines 6 to 9
        set_rates(optimizer, share_of_rate(config, epoch * steps + step, config.epochs * steps))
        with explain_out_of_memory(*_of_step(tasks[task], rows, config)):
            loss = backward(network, tasks[task], rows, weights, states, config, processes)  # line 10
            processes.sum_gradients(trained_parameters(network, task))
            torch.nn.utils.clip_grad_norm_(trained_parameters(network, task), config.max_norm)
            optimizer.step()  # line 11
            optimizer.zero_grad(set_to_none=True)
        losses.add(task, processes.sum(loss))
    losses.report()
    network.eval()
    return {task: sum(values) / len(values) for task, values in losses.by_task.items()}


def _of_step(data: TaskData, rows: Sequence[int], config: TrainingConfig) -> tuple[str, str]:
    """Name a step for whoever ran out of memory in it, and say what to set."""
    tokens, size = int(data.inputs.lengths[list(rows)].max()), config.batch_size(data.task)
    return (
        f"a step of {data.task} on {len(rows)} texts of up to {tokens} tokens",
        f"set smaller mini-batches (--set batch-size-{data.task}={max(1, size // 2)}) or shorter texts "
        f"(--set max-tokens={max(8, config.max_tokens // 2)}), or keep fewer states (--keep-limit)",
    )
