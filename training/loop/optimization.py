"""Line 11 of Algorithm 1: AdamW, a learning rate for each layer, and the schedule of the rates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from torch import nn
from torch.optim import AdamW, Optimizer

from models.network import HEADS, MultiTaskNetwork
from training.loop.config import TrainingConfig
from training.loop.exit_supervision import ExitSupervision

# A module and its peak learning rate.
ModuleRate = tuple[nn.Module, float]


def network_optimizer(
    network: MultiTaskNetwork, config: TrainingConfig, supervision: ExitSupervision | None = None
) -> Optimizer:
    """Create AdamW for what Algorithm 1 trains: the shared layers, each at its own rate, and the heads.

    Args:
        network: has the shared layers and the heads.
        config: has the learning rates.
        supervision: has one more head, if a lower layer is supervised.
    """
    rates = layerwise_rates(network.shared, config.learning_rate, config.layer_decay)
    rates += [(network.linear(head), config.head_learning_rate) for head in HEADS]
    if supervision is not None:
        rates.append((supervision, config.head_learning_rate))
    return make_optimizer(rates, weight_decay=config.weight_decay)


def layerwise_rates(
    layers: Sequence[nn.Module] | nn.ModuleList, rate: float, decay: float
) -> list[ModuleRate]:
    """Assign a learning rate to each layer: `rate` to the last, `decay` times that to the one below, ..."""
    depth = len(layers)
    return [(layer, rate * decay ** (depth - 1 - number)) for number, layer in enumerate(layers)]


def make_optimizer(rates: Iterable[ModuleRate], *, weight_decay: float) -> Optimizer:
    """Create AdamW for modules with their peak learning rates.

    Weights of linear layers and other matrices decay; biases and LayerNorms do not.
    """
    groups = [
        {
            "params": [p for p in module.parameters() if p.requires_grad and (p.ndim > 1) == is_matrix],
            "lr": rate,
            "highest": rate,
            "weight_decay": decay,
        }
        for module, rate in rates
        for is_matrix, decay in ((True, weight_decay), (False, 0.0))
    ]
    return AdamW([group for group in groups if group["params"]], fused=True)


def rate_factor(step: int, steps: int, *, warmup: float, schedule: Literal["constant", "linear"]) -> float:
    """Return the fraction of the peak learning rate at a step.

    The rate rises linearly during the warm-up. Then it stays constant, or falls linearly to zero.

    Args:
        step: counted from 0 over the whole training.
        steps: number of steps in the whole training.
        warmup: fraction of all steps in which the rate rises.
        schedule: what happens after the warm-up.
    """
    warmup_steps = round(warmup * steps)
    risen = (step + 1) / warmup_steps if step < warmup_steps else 1.0
    if schedule == "constant":
        return risen
    return min(risen, (steps - step) / max(1, steps - warmup_steps))


def set_learning_rates(optimizer: Optimizer, factor: float) -> None:
    """Set the learning rate of each parameter group to `factor` times its peak."""
    for group in optimizer.param_groups:
        group["lr"] = group["highest"] * factor
