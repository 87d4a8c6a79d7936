"""Line 11 of Algorithm 1: AdamW, the learning rate of each layer, and how rates change over the steps."""

from __future__ import annotations

from torch import nn
from torch.optim import AdamW, Optimizer

from models.network.multitask import MultiTaskNetwork
from training.loop.config import TrainingConfig


def make_optimizer(network: MultiTaskNetwork, config: TrainingConfig) -> Optimizer:
    """AdamW on what is trained: the shared layers, each at its own rate, and the heads.

    With `layer_decay` d, the last layer learns at `learning_rate`, the one below it at d times that, the
    one below that at d * d times. Matrices decay, biases and LayerNorms do not.
    """
    depth = len(network.shared)
    parts: list[tuple[nn.Module, float]] = [
        (layer, config.learning_rate * config.layer_decay ** (depth - 1 - number))
        for number, layer in enumerate(network.shared)
    ]
    heads = (network.classifier, network.extractor, network.normalizer)
    parts += [(head, config.head_learning_rate) for head in heads]
    groups = [
        {
            "params": [p for p in part.parameters() if p.requires_grad and (p.ndim > 1) == is_matrix],
            "lr": rate,
            "highest": rate,
            "weight_decay": decay,
        }
        for part, rate in parts
        for is_matrix, decay in ((True, config.weight_decay), (False, 0.0))
    ]
    return AdamW([group for group in groups if group["params"]], fused=True)


def share_of_rate(config: TrainingConfig, step: int, steps: int) -> float:
    """Give the share of the highest rate at a step: a linear rise, then constant or a linear fall to zero.

    Args:
        config: `schedule`, and `warmup`, the share of all steps in which the rate rises.
        step: counted from 0 over the whole training.
        steps: of the whole training.
    """
    rising = round(config.warmup * steps)
    risen = (step + 1) / rising if step < rising else 1.0
    if config.schedule == "constant":
        return risen
    return min(risen, (steps - step) / max(1, steps - rising))


def set_rates(optimizer: Optimizer, share: float) -> None:
    """Let each group learn at this share of its highest rate."""
    for group in optimizer.param_groups:
        group["lr"] = group["highest"] * share
