"""The settings of the retriever's training."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

from training.errors import RunError

_AT_LEAST_ONE: Final = ("layers", "epochs", "batch_size")
_FRACTIONS: Final = ("warmup", "dropout", "misspelt", "own_name")
_POSITIVE: Final = ("learning_rate", "temperature", "max_norm", "repeats")
_NOT_NEGATIVE: Final = ("weight_decay", "hard_negatives", "name_queries")


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
        for field in fields(self):
            name, value = field.name, getattr(self, field.name)
            if isinstance(value, float):
                _require(math.isfinite(value), name, value, "a finite number")
            if name in _AT_LEAST_ONE:
                _require(value >= 1, name, value, "1 or more")
            elif name in _FRACTIONS:
                _require(0 <= value < 1, name, value, "from 0 to less than 1")
            elif name in _POSITIVE:
                _require(value > 0, name, value, "more than 0")
            elif name in _NOT_NEGATIVE:
                _require(value >= 0, name, value, "0 or more")
        _require(0 < self.layer_decay <= 1, "layer_decay", self.layer_decay, "more than 0 and at most 1")


def _require(is_valid: bool, name: str, value: object, requirement: str) -> None:
    if not is_valid:
        raise RunError(f"retriever-{name.replace('_', '-')} is {value}: it must be {requirement}")
