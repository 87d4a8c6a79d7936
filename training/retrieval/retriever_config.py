"""The settings of the retriever's training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from training.loop import AT_LEAST_ONE, FRACTION, NOT_NEGATIVE, POSITIVE, RATIO, ValueRange, check_ranges

_RANGES: Final[Mapping[str, ValueRange]] = {
    "layers": AT_LEAST_ONE,
    "epochs": AT_LEAST_ONE,
    "batch_size": AT_LEAST_ONE,
    "learning_rate": POSITIVE,
    "layer_decay": RATIO,
    "warmup": FRACTION,
    "weight_decay": NOT_NEGATIVE,
    "dropout": FRACTION,
    "temperature": POSITIVE,
    "hard_negatives": NOT_NEGATIVE,
    "own_name": FRACTION,
    "repeats": POSITIVE,
    "name_queries": NOT_NEGATIVE,
    "misspelt": FRACTION,
    "max_norm": POSITIVE,
}


@dataclass(frozen=True)
class RetrieverConfig:
    """Settings of the contrastive training of the retriever.

    Attributes:
        layers: number of layers, copied from the encoder's last ones; at most those that are trained.
        context: let the retriever read the text around the span.
        epochs: passes over the phrases.
        batch_size: phrases in a mini-batch. The names of all of them are each one's negatives.
        learning_rate: peak learning rate of the last layer; it falls linearly to zero after the warm-up.
        layer_decay: ratio of a layer's learning rate to that of the layer above it, in (0, 1].
        warmup: fraction of all steps in which the learning rate rises, in [0, 1).
        weight_decay: of AdamW, applied to matrices only.
        dropout: dropout probability within the layers.
        temperature: divides the cosines before the softmax.
        hard_negatives: further negatives for each phrase, drawn from the names that were nearest to it at
            the start of the epoch.
        own_name: probability that the positive is the PT's own name and not that of one of its LLTs.
        repeats: maximum number of times that a phrase with the same PT occurs in an epoch.
        name_queries: maximum number of LLT and PT names that serve as phrases in an epoch.
        misspelt: probability that a phrase gets a typing error or other capitals.
        max_norm: maximum norm of the gradient. Larger gradients are clipped.

    Raises:
        RunError: a value is out of range; the message names the setting.
    """

    layers: int = 3
    context: bool = False
    epochs: int = 3
    batch_size: int = 64
    learning_rate: float = 2e-4
    layer_decay: float = 0.8
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    temperature: float = 0.05
    hard_negatives: int = 2
    own_name: float = 0.5
    repeats: int = 4
    name_queries: int = 20_000
    misspelt: float = 0.15
    max_norm: float = 1.0

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES, prefix="retriever-")
