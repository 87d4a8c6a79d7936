"""Equations 2 and 3, and line 10 of Algorithm 1: the loss of one task on a mini-batch, and its gradients.

Every head is trained by cross-entropy, whatever it reads, so a new head needs no code here unless its classes
are weighted.

With several processes, each computes its share of the rows. A share's loss is divided by the weight of the
whole mini-batch, so that the shares add up to the loss that one process would have computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models.encoder import TokenBatch
from models.network import CLASSIFIER, EXTRACTOR, HEAD_OF, MultiTaskNetwork, Task, run_layers
from training.loop.adversarial import adversarial_backward
from training.loop.config import TrainingConfig
from training.loop.exit_supervision import WEIGHT, ExitSupervision
from training.loop.processes import Processes
from training.loop.soft_loss import weigh_targets, weighted_loss
from training.loop.soft_targets import SoftBatch
from training.loop.states import KeptStates
from training.loop.task_data import IGNORED, TaskData
from training.loop.word_relations import RelationBatch, relation_loss


def balanced_class_weights(
    targets: Sequence[int], classes: int = 2, *, rates: Sequence[float] | None = None
) -> Tensor:
    """Compute the class weights of Equation 2 by the balanced heuristic: n / (classes * count of the class).

    Args:
        targets: the annotated classes; `IGNORED` ones do not count.
        classes: number of classes.
        rates: how often an epoch takes each target; by default once.

    Returns:
        `[classes]`; a class without examples weighs 0.
    """
    known = torch.tensor(targets, dtype=torch.long)
    is_known = known != IGNORED
    taken = torch.ones(len(known)) if rates is None else torch.tensor(rates, dtype=torch.float)
    counts = torch.bincount(known[is_known], taken[is_known], minlength=classes).float()
    weights = counts.sum() / (classes * counts)
    return torch.where(counts > 0, weights, torch.zeros(()))


def task_class_weights(data: TaskData, config: TrainingConfig) -> Tensor | None:
    """Return the class weights of a task: `[classes]` for 1a; None for the others, which weigh all alike."""
    if data.task != CLASSIFIER.task:
        return None
    if not config.balanced:
        return torch.ones(2)
    rates = data.rates.by_row.tolist() if data.rates is not None else None
    return balanced_class_weights([target[0] for target in data.targets], rates=rates)


@dataclass(frozen=True)
class RowShare:
    """The rows of a mini-batch that one process computes.

    Attributes:
        task: the task of the mini-batch.
        inputs: the tokens of the rows.
        targets: `[rows]`, or `[rows, tokens]` for a head that tags tokens.
        total_weight: sum of the weights of all targets in the whole mini-batch.
        soft: the teacher's distributions, if there is one.
        relations: of words in the teacher's states, if they are learned.
        related: number of texts with relations in the whole mini-batch.
    """

    task: Task
    inputs: TokenBatch
    targets: Tensor
    total_weight: float
    soft: SoftBatch | None = None
    relations: RelationBatch | None = None
    related: int = 0

    def to(self, device: torch.device) -> RowShare:
        """Copy the tensors to a device."""
        return replace(
            self,
            inputs=self.inputs.to(device),
            targets=self.targets.to(device),
            soft=self.soft.to(device) if self.soft is not None else None,
            relations=self.relations.to(device) if self.relations is not None else None,
        )


def mini_batch_share(
    data: TaskData,
    rows: Sequence[int],
    mini_batch: Sequence[int],
    class_weights: Tensor | None,
    config: TrainingConfig,
) -> RowShare:
    """Collect one process's rows of a mini-batch.

    Args:
        data: examples of the task.
        rows: the rows of this process, at least one.
        mini_batch: all rows of the mini-batch.
        class_weights: `[classes]`, or None where all targets weigh 1.
        config: how hard and soft targets are weighted.
    """
    inputs, targets = data.batch(rows)
    relations = data.relations if config.distill_states else None
    related = relations.count(mini_batch) if relations is not None else 0
    learned = relations.batch(rows) if relations is not None and related else None
    if data.soft is not None:
        by_token = HEAD_OF[data.task].reads == "token"
        batch_targets = torch.tensor([target for row in mini_batch for target in data.targets[row]])
        present = torch.from_numpy(np.concatenate([data.soft.present(row) for row in mini_batch]))
        total = weigh_targets(batch_targets, present, class_weights, config).total
        soft = data.soft.batch(rows, by_token=by_token)
        return RowShare(data.task, inputs, targets, total, soft, learned, related)
    if class_weights is not None:
        total = float(sum(class_weights[data.targets[row][0]] for row in mini_batch))
    else:
        total = float(sum(target != IGNORED for row in mini_batch for target in data.targets[row]))
    return RowShare(data.task, inputs, targets, total, None, learned, related)


def task_loss(
    network: MultiTaskNetwork,
    share: RowShare,
    trunk_states: Tensor,
    class_weights: Tensor | None,
    config: TrainingConfig,
    supervision: ExitSupervision | None = None,
) -> Tensor:
    """Compute Equation 3 with weight 1 for `share.task`: its cross-entropy (Equation 2).

    With soft targets, the divergence from the teacher is added, see `weighted_loss`. With a supervised lower
    layer, its own loss on the same targets is added to that of 1a. With relations of words, the student's
    difference from the teacher is added to the loss of 1b.

    Args:
        network: in training mode.
        share: on the network's device.
        trunk_states: `[rows, tokens, hidden]`.
        class_weights: `[classes]`, or None where all targets weigh 1.
        config: how hard and soft targets are weighted.
        supervision: of a lower layer, if there is one.

    Returns:
        A scalar. The losses of all processes sum to the mean over the whole mini-batch.
    """
    head, mask, span_mask = HEAD_OF[share.task], share.inputs.attention_mask, share.inputs.span_mask
    if head == EXTRACTOR and share.relations is not None:
        states = run_layers(network.shared, trunk_states, mask, network.position_bias(trunk_states.shape[1]))
        logits = network.logits(head, states, mask, passed=len(network.shared))
        difference = relation_loss(states, share.relations) / share.related
        return _loss_of(logits, share, class_weights, config) + config.distill_states * difference
    if supervision is None or head != CLASSIFIER:
        logits = network.logits(head, trunk_states, mask, span_mask)
        return _loss_of(logits, share, class_weights, config)
    bias, passed = network.position_bias(trunk_states.shape[1]), supervision.passed
    states = run_layers(network.shared[:passed], trunk_states, mask, bias)
    loss = _loss_of(network.logits(head, states, mask, passed=passed), share, class_weights, config)
    return loss + WEIGHT * _loss_of(supervision(states, mask, bias), share, class_weights, config)


def _loss_of(logits: Tensor, share: RowShare, class_weights: Tensor | None, config: TrainingConfig) -> Tensor:
    """Compute this process's part of the mean loss of a mini-batch, a scalar."""
    logits, targets = logits.float().flatten(0, -2), share.targets.flatten()
    if share.soft is not None:
        weights = weigh_targets(targets, share.soft.present.flatten(), class_weights, config)
        loss = weighted_loss(logits, targets, share.soft, weights, config.distill_temperature)
    else:
        loss = cross_entropy(logits, targets, weight=class_weights, ignore_index=IGNORED, reduction="sum")
    return loss / max(share.total_weight, 1e-12)  # texts without a single token weigh nothing


def backward(
    network: MultiTaskNetwork,
    data: TaskData,
    rows: Sequence[int],
    class_weights: Tensor | None,
    states: KeptStates,
    config: TrainingConfig,
    processes: Processes,
    supervision: ExitSupervision | None = None,
) -> Tensor:
    """Accumulate the gradients of this process's share of a mini-batch (Algorithm 1, line 10).

    Args:
        network: in training mode, on the device of `processes`.
        data: examples of the task.
        rows: the whole mini-batch.
        class_weights: `[classes]`, or None where all targets weigh 1.
        states: the trunk's states, kept or computed.
        config: whether to use bfloat16 and adversarial training.
        processes: this process computes its share of the rows.
        supervision: of a lower layer, if there is one.

    Returns:
        The loss of the share, a scalar without gradients. It is zero for an empty share.
    """
    device = processes.device
    share_rows = processes.share(rows)
    if not share_rows:
        return torch.zeros((), device=device)
    share = mini_batch_share(data, share_rows, rows, class_weights, config).to(device)
    mask = share.inputs.attention_mask
    class_weights = class_weights.to(device) if class_weights is not None else None

    def loss_from_trunk(trunk_states: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=config.bfloat16):
            return task_loss(network, share, trunk_states, class_weights, config, supervision)

    def loss_from_embeddings(embedded: Tensor) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=config.bfloat16):
            return loss_from_trunk(network.trunk_from(embedded, mask))

    if config.adversarial != "none" and config.adversarial_at == "embeddings":
        with torch.no_grad():
            embedded = network.embed(share.inputs.input_ids, share.inputs.token_type_ids)
        return adversarial_backward(loss_from_embeddings, embedded, mask, config)
    trunk_states = states.states(network, data.inputs, share_rows)
    if config.adversarial != "none":
        return adversarial_backward(loss_from_trunk, trunk_states, mask, config)
    loss = loss_from_trunk(trunk_states)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach()


def trained_parameters(
    network: MultiTaskNetwork, task: Task, supervision: ExitSupervision | None = None
) -> Iterator[nn.Parameter]:
    """Yield the parameters that a task's loss trains: those of the shared layers and of its own head.

    The head of a supervised lower layer is trained with the Classifier's.
    """
    heads: list[nn.Module] = [network.linear(HEAD_OF[task])]
    if supervision is not None and task == CLASSIFIER.task:
        heads.append(supervision)
    for parameter in chain(network.shared.parameters(), *(head.parameters() for head in heads)):
        if parameter.requires_grad:
            yield parameter
