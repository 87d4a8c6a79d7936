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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from models.network import MultiTaskNetwork, span_mask
from models.tokenization import TokenBatch
from training.config import Task, TrainingConfig
from training.taskdata import IGNORED, TaskData, mini_batches
from training.watcher import Watcher


def task_probabilities(sizes: Sequence[int], batch_sizes: Sequence[int]) -> list[float]:
    """Equation 1: P(i) = (size(D_i) / size(b_i)) / sum over t of (size(D_t) / size(b_t))."""
    shares = [size / batch for size, batch in zip(sizes, batch_sizes, strict=True)]
    return [share / sum(shares) for share in shares]


def class_weights(targets: Sequence[int], classes: int = 2) -> Tensor:
    """Equation 2's weights for 1a by the balanced heuristic: n / (classes * count of the class).

    Returns:
        `[classes]`; a class without examples weighs 0.
    """
    counts = torch.bincount(torch.tensor(targets, dtype=torch.long), minlength=classes).float()
    weights = len(targets) / (classes * counts)
    return torch.where(counts > 0, weights, torch.zeros(()))


def steps_of_epoch(tasks: Mapping[Task, TaskData], config: TrainingConfig) -> int:
    """Give the steps in which every example is seen once, by expectation."""
    return max(1, round(sum(len(data) / config.batch_size(task) for task, data in tasks.items())))


def make_optimizer(
    network: MultiTaskNetwork, config: TrainingConfig, steps: int
) -> tuple[Optimizer, LambdaLR]:
    """AdamW on what is trained, with a linear warm-up and a linear fall to zero over `steps`."""
    shared = [parameter for parameter in network.shared.parameters() if parameter.requires_grad]
    heads = [
        *network.classifier.parameters(),
        *network.extractor.parameters(),
        *network.normalizer.parameters(),
    ]
    groups = [
        {"params": [p for p in part if (p.ndim > 1) == is_matrix], "lr": rate, "weight_decay": decay}
        for part, rate in ((shared, config.learning_rate), (heads, config.head_learning_rate))
        for is_matrix, decay in ((True, config.weight_decay), (False, 0.0))
    ]
    optimizer = AdamW(groups)
    rising = max(1, round(config.warmup * steps))
    return optimizer, LambdaLR(
        optimizer, lambda step: min((step + 1) / rising, max(0.0, (steps - step) / max(1, steps - rising)))
    )


@dataclass
class _Supply:
    """D_i: the mini-batches of one task, packed again when they have run out (lines 6 to 8)."""

    data: TaskData
    size: int
    generator: torch.Generator
    waiting: list[list[int]] = field(default_factory=list)

    def take(self) -> tuple[TokenBatch, Tensor]:
        if not self.waiting:
            self.waiting = mini_batches(self.data, self.size, self.generator)
        return self.data.batch(self.waiting.pop())


def train_epoch(
    network: MultiTaskNetwork,
    tasks: Mapping[Task, TaskData],
    optimizer: Optimizer,
    schedule: LambdaLR,
    config: TrainingConfig,
    *,
    epoch: int,
    watcher: Watcher,
) -> dict[Task, float]:
    """Lines 2 to 11, for the steps of one epoch.

    All chance comes from the seed and the number of the epoch, so that an epoch after a resumed run
    is the one that an uninterrupted run would have had.

    Returns:
        The mean loss of each task that was drawn.
    """
    torch.manual_seed(config.seed * 100_003 + epoch)  # dropout
    generator = torch.Generator().manual_seed(config.seed * 100_003 + epoch)
    for module in network.shared.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = config.layer_dropout
    names = list(tasks)
    odds = torch.tensor(
        task_probabilities([len(tasks[name]) for name in names], [config.batch_size(name) for name in names])
    )
    supplies = {name: _Supply(tasks[name], config.batch_size(name), generator) for name in names}
    weights = class_weights([target[0] for target in tasks["1a"].targets]) if "1a" in tasks else None
    losses: dict[Task, list[float]] = {}
    steps = steps_of_epoch(tasks, config)
    network.train()
    for step in range(steps):
        task = names[int(torch.multinomial(odds, 1, generator=generator))]  # line 5
        inputs, targets = supplies[task].take()  # lines 6 to 9
        with torch.autocast("cpu", torch.bfloat16, enabled=config.bfloat16):
            loss = task_loss(network, task, inputs, targets, weights)  # line 10
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), config.max_norm)
        optimizer.step()  # line 11
        schedule.step()
        losses.setdefault(task, []).append(loss.item())
        watcher.step(task, losses[task][-1], steps - step - 1)
    network.eval()
    return {task: sum(values) / len(values) for task, values in losses.items()}


def task_loss(
    network: MultiTaskNetwork, task: Task, inputs: TokenBatch, targets: Tensor, weights: Tensor | None
) -> Tensor:
    """Equation 3 where only `task` weighs 1: its cross-entropy, weighted for 1a alone (Equation 2)."""
    trunk = network.trunk_states(inputs.input_ids, inputs.attention_mask, inputs.token_type_ids)
    states = network.shared_states(trunk, inputs.attention_mask)
    if task == "1a":
        return functional.cross_entropy(network.classify(states).float(), targets, weight=weights)
    if task == "1b":
        logits = network.extract(states).float()
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
    mask = span_mask(inputs.attention_mask, inputs.token_type_ids)
    return functional.cross_entropy(network.normalize(states, mask).float(), targets)
