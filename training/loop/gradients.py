"""Line 10 of Algorithm 1: the loss of a mini-batch, and its gradients, plain or adversarial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from models.network.multitask import MultiTaskNetwork
from training.loop.adversarial import adversarial_backward
from training.loop.config import TrainingConfig
from training.loop.objective import share_of, task_loss
from training.loop.parallel import Processes
from training.loop.states import KeptStates
from training.loop.taskdata import TaskData


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
