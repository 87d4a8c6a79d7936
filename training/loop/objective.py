"""Equations 2 and 3: the loss of one task on a mini-batch, or on one process's share of it.

Line 10 of Algorithm 1: the loss of a mini-batch, and its gradients, plain or adversarial.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.encoder.tokenization import TokenBatch
from models.network.multitask import MultiTaskNetwork
from training.loop.adversarial import adversarial_backward
from training.loop.config import Task, TrainingConfig
from training.loop.processes import Processes
from training.loop.states import KeptStates
from training.loop.task_data import IGNORED, TaskData


def balanced_class_weights(targets: Sequence[int], classes: int = 2) -> Tensor:
    """Equation 2's weights for 1a by the balanced heuristic: n / (classes * count of the class).

    Returns:
        `[classes]`; a class without examples weighs 0.
    """
    counts = torch.bincount(torch.tensor(targets, dtype=torch.long), minlength=classes).float()
    weights = len(targets) / (classes * counts)
    return torch.where(counts > 0, weights, torch.zeros(()))


@dataclass(frozen=True)
class RowShare:
    """Rows of a mini-batch that one process computes.

    Attributes:
        task: whose mini-batch it is.
        rows: of the task's data; none where the mini-batch has fewer rows than there are processes.
        inputs: their tokens.
        targets: `[rows]` for 1a and 1c, `[rows, tokens]` for 1b.
        whole: sum of the weights of all targets in the whole mini-batch.
    """

    task: Task
    rows: Sequence[int]
    inputs: TokenBatch
    targets: Tensor
    whole: float


def share_of(data: TaskData, rows: Sequence[int], whole: Sequence[int], weights: Tensor) -> RowShare:
    """Put one process's rows of a mini-batch together.

    Args:
        data: of the task.
        rows: those of this process, one or more.
        whole: all rows of the mini-batch.
        weights: of the two classes of 1a, `[2]`.
    """
    inputs, targets = data.batch(rows)
    if data.task == "1a":
        total = float(sum(weights[data.targets[row][0]] for row in whole))
    elif data.task == "1b":
        total = float(sum(tag != IGNORED for row in whole for tag in data.targets[row]))
    else:
        total = float(len(whole))
    return RowShare(data.task, rows, inputs, targets, total)


def task_loss(network: MultiTaskNetwork, share: RowShare, trunk_states: Tensor, weights: Tensor) -> Tensor:
    """Equation 3 where only `share.task` weighs 1: its cross-entropy, weighted for 1a alone (Equation 2).

    Args:
        network: in training mode.
        share: on the device of the network.
        trunk_states: `[rows, tokens, hidden]`.
        weights: of the two classes of 1a, `[2]`.

    Returns:
        A scalar; those of all processes sum up to the mean over the whole mini-batch.
    """
    mask = share.inputs.attention_mask
    if share.task == "1a":
        logits = network.classify(trunk_states, mask)
        loss = functional.cross_entropy(logits.float(), share.targets, weight=weights, reduction="sum")
    elif share.task == "1b":
        logits = network.extract(trunk_states, mask)
        loss = functional.cross_entropy(
            logits.float().flatten(0, 1), share.targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
    else:
        logits = network.normalize(trunk_states, mask, share.inputs.span_mask)
        loss = functional.cross_entropy(logits.float(), share.targets, reduction="sum")
    return loss / max(share.whole, 1e-12)  # texts without a single token weigh nothing


def trained_parameters(network: MultiTaskNetwork, task: Task) -> Iterator[nn.Parameter]:
    """Give the trained parameters that a task's loss can reach: the shared layers and its own head."""
    head = {"1a": network.classifier, "1b": network.extractor, "1c": network.normalizer}[task]
    for parameter in chain(network.shared.parameters(), head.parameters()):
        if parameter.requires_grad:
            yield parameter


def backward(
    network: MultiTaskNetwork,
    data: TaskData,
    rows: Sequence[int],
    weights: Tensor,
    states: KeptStates,
    config: TrainingConfig,
    processes: Processes,
) -> Tensor:
    """Add to the gradients what this process's share of a mini-batch gives.

    Args:
        network: in training mode, on the device of `processes`.
        data: of the task.
        rows: of the whole mini-batch.
        weights: of the two classes of 1a, `[2]`.
        states: those of the trunk, kept or computed.
        config: bfloat16 and what is adversarial.
        processes: of which this one takes its share.

    Returns:
        The loss of the share, a scalar without gradients; zero where the share is empty.
    """
    device = processes.device
    own = processes.share(rows)
    if not own:
        return torch.zeros((), device=device)
    share = share_of(data, own, rows, weights)
    share = replace(share, inputs=share.inputs.to(device), targets=share.targets.to(device))
    mask, weights = share.inputs.attention_mask, weights.to(device)

    def of_trunk(trunk_states: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=config.bfloat16):
            return task_loss(network, share, trunk_states, weights)

    def of_embeddings(embedded: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=config.bfloat16):
            return of_trunk(network.trunk_from(embedded, mask))

    if config.adversarial != "none" and config.adversarial_at == "embeddings":
        with torch.no_grad():
            embedded = network.embed(share.inputs.input_ids, share.inputs.token_type_ids)
        return adversarial_backward(of_embeddings, embedded, mask, config)
    trunk_states = states.states(network, data.inputs, own)
    if config.adversarial != "none":
        return adversarial_backward(of_trunk, trunk_states, mask, config)
    loss = of_trunk(trunk_states)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach()
