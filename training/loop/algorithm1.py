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

Steps are grouped into epochs, and the network is evaluated after each epoch (section 3.3). Mini-batches are
packed again at the start of an epoch, so that an epoch depends on its number and the seed only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from models.network import MultiTaskNetwork, Task
from training.errors import RunError
from training.loop.callbacks import TrainingCallback
from training.loop.config import TrainingConfig
from training.loop.exit_supervision import ExitSupervision
from training.loop.objective import backward, task_class_weights, trained_parameters
from training.loop.optimization import rate_factor, set_learning_rates
from training.loop.processes import SINGLE_PROCESS, Processes, explain_out_of_memory
from training.loop.states import KeptStates
from training.loop.task_data import TaskData, mini_batches

# Reading a loss makes a GPU wait for all its queued work, so losses are read this many at a time.
_LOSSES_PER_READ: Final = 16


def task_probabilities(sizes: Sequence[int], batch_sizes: Sequence[int]) -> list[float]:
    """Compute Equation 1: P(i) = (size(D_i) / size(b_i)) / sum over t of (size(D_t) / size(b_t))."""
    shares = [size / batch for size, batch in zip(sizes, batch_sizes, strict=True)]
    return [share / sum(shares) for share in shares]


def network_steps(tasks: Mapping[Task, TaskData], config: TrainingConfig) -> int:
    """Return the number of steps in an epoch, in which each example is seen once in expectation."""
    return max(1, round(sum(data.epoch_size / config.batch_size(task) for task, data in tasks.items())))


def train_epoch(
    network: MultiTaskNetwork,
    tasks: Mapping[Task, TaskData],
    optimizer: Optimizer,
    config: TrainingConfig,
    *,
    epoch: int,
    states: KeptStates,
    callback: TrainingCallback,
    processes: Processes = SINGLE_PROCESS,
    supervision: ExitSupervision | None = None,
) -> dict[Task, float]:
    """Run lines 2 to 11 for the steps of one epoch.

    All randomness comes from the seed and the epoch's number. So an epoch of a resumed training is the epoch
    that an uninterrupted training would have had. `supervision` adds a loss after a lower layer.

    Returns:
        The mean loss of each task that was drawn.

    Raises:
        RunError: memory ran out, or a loss is not finite.
    """
    generator = torch.Generator().manual_seed(config.seed * 100_003 + epoch)
    torch.manual_seed(config.seed * 100_003 + epoch + 7_919 * processes.rank)  # dropout
    set_dropout(network.shared, config.layer_dropout)
    if supervision is not None:  # not a part of the network, so it has a training mode of its own
        set_dropout(supervision.train(), config.layer_dropout)
    names = list(tasks)
    sizes = [tasks[name].epoch_size for name in names]
    batch_sizes = [config.batch_size(name) for name in names]
    probabilities = torch.tensor(task_probabilities(sizes, batch_sizes))  # line 2
    batches = {  # line 3
        name: _MiniBatches(tasks[name], size, generator)
        for name, size in zip(names, batch_sizes, strict=True)
    }
    weights = {name: task_class_weights(tasks[name], config) for name in names}
    steps = network_steps(tasks, config)
    losses = _Losses(callback, steps)
    network.train()
    for step in range(steps):  # line 4
        task = names[int(torch.multinomial(probabilities, 1, generator=generator))]  # line 5
        data, rows = tasks[task], batches[task].take()  # lines 6 to 9
        factor = rate_factor(
            epoch * steps + step, config.epochs * steps, warmup=config.warmup, schedule=config.schedule
        )
        set_learning_rates(optimizer, factor)
        with explain_out_of_memory(*_step_and_remedy(data, rows, config)):
            loss = backward(  # line 10
                network, data, rows, weights[task], states, config, processes, supervision
            )
            parameters = list(trained_parameters(network, task, supervision))
            processes.sum_gradients(parameters)
            nn.utils.clip_grad_norm_(parameters, config.max_norm)
            optimizer.step()  # line 11
            optimizer.zero_grad(set_to_none=True)
        losses.add(task, processes.sum(loss))
    losses.read()
    network.eval()
    return {task: sum(values) / len(values) for task, values in losses.by_task.items()}


def set_dropout(module: nn.Module, probability: float) -> None:
    """Set the probability of all dropouts in a module, except those of adapters."""
    for name, part in module.named_modules():
        if isinstance(part, nn.Dropout) and "lora_dropout" not in name:
            part.p = probability


@dataclass
class _MiniBatches:
    """D_i: the mini-batches of one task, packed again when they have run out (lines 6 to 8)."""

    data: TaskData
    size: int
    generator: torch.Generator
    remaining: list[list[int]] = field(default_factory=list)

    def take(self) -> list[int]:
        if not self.remaining:
            self.remaining = mini_batches(self.data, self.size, self.generator)
        return self.remaining.pop()


@dataclass
class _Losses:
    """The losses of an epoch. The newest may still be on the device, unread."""

    callback: TrainingCallback
    steps: int
    by_task: dict[Task, list[float]] = field(default_factory=dict)
    unread: list[tuple[Task, Tensor]] = field(default_factory=list)
    done: int = 0

    def add(self, task: Task, loss: Tensor) -> None:
        self.unread.append((task, loss))
        if loss.device.type == "cpu" or len(self.unread) == _LOSSES_PER_READ:
            self.read()

    def read(self) -> None:
        values = torch.stack([loss for _, loss in self.unread]).tolist() if self.unread else []
        for (task, _), value in zip(self.unread, values, strict=True):
            self.done += 1
            if not math.isfinite(value):
                raise RunError(
                    f"the loss of {task} is {value} at step {self.done} of the epoch: training has diverged. "
                    "Start over with a smaller --set learning-rate"
                )
            self.by_task.setdefault(task, []).append(value)
            self.callback.on_step_end(task, value, self.steps - self.done)
        self.unread.clear()


def _step_and_remedy(data: TaskData, rows: Sequence[int], config: TrainingConfig) -> tuple[str, str]:
    """Describe a step, and what to change if memory runs out in it."""
    tokens, size = int(data.inputs.lengths[list(rows)].max()), config.batch_size(data.task)
    return (
        f"a step of {data.task} on {len(rows)} texts of up to {tokens} tokens",
        f"use smaller mini-batches (--set batch-size-{data.task}={max(1, size // 2)}) or shorter texts "
        f"(--set max-tokens={max(8, config.max_tokens // 2)}), or keep fewer states (--keep-limit)",
    )
