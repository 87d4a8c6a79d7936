"""AdamW for the retriever, the learning rate of each layer, and how rates change over the steps."""

from __future__ import annotations

from torch.optim import AdamW

from models.network import Retriever
from training.retrieval.retriever_config import RetrieverConfig


def make_optimizer(retriever: Retriever, config: RetrieverConfig) -> AdamW:
    """AdamW, each layer at its own rate; matrices decay, biases and LayerNorms do not."""
    depth = len(retriever.layers)
    groups = []
    for number, layer in enumerate(retriever.layers):
        rate = config.learning_rate * config.layer_decay ** (depth - 1 - number)
        for is_matrix, decay in ((True, config.weight_decay), (False, 0.0)):
            parameters = [p for p in layer.parameters() if (p.ndim > 1) == is_matrix]
            groups.append({"params": parameters, "lr": rate, "highest": rate, "weight_decay": decay})
    return AdamW(groups, fused=True)


def share_of_rate(config: RetrieverConfig, step: int, steps: int) -> float:
    """Give the share of the highest rate at a step: a linear rise, then a linear fall to zero.

    Args:
        config: `warmup`, the share of all steps in which the rate rises, and `epochs`.
        step: counted from 0 over the whole training.
        steps: of an epoch.
    """
    total = steps * config.epochs
    rising = round(config.warmup * total)
    return (step + 1) / rising if step < rising else (total - step) / max(1, total - rising)
