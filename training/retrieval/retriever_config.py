"""All that the retriever's training depends on, beside its data."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from training.errors import RunError

_WHOLE = ("layers", "epochs", "batch_size")
_SHARES = ("warmup", "dropout", "misspelt", "own_name")


@dataclass(frozen=True)
class RetrieverConfig:
    """Settings of the contrastive training of the retriever.

    Attributes:
        layers: the encoder's last ones, which the retriever has copies of; at most those that are trained.
        context: whether the retriever reads the text beside the span.
        epochs: passes over the phrases.
        batch_size: phrases in a mini-batch; the names of all of them are each one's wrong answers.
        learning_rate: of the last layer, at its highest, after the warm-up; it falls linearly to zero.
        layer_decay: each layer learns at this many times the rate of the layer above it, in (0, 1].
        warmup: share of all steps in which the learning rate rises, in [0, 1).
        weight_decay: of AdamW, on matrices alone.
        dropout: within the layers.
        temperature: cosines are divided by it before the softmax.
        hard_negatives: further wrong names for each phrase, drawn from those that the retriever found nearest
            to it at the start of the epoch.
        own_name: chance that the right answer is the name of the PT itself, and not that of one of its LLTs.
        repeats: how often one and the same phrase with its PT is asked in an epoch, at most.
        name_queries: LLT and PT names that are asked in an epoch as phrases are, at most.
        misspelt: chance that a phrase is asked with a typing error, or in other capitals.
        max_norm: where the gradient's norm is cut.
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
            if isinstance(value, float) and not math.isfinite(value):
                raise _refused(name, value, "a finite number")
            if name in _WHOLE and value < 1:
                raise _refused(name, value, "1 or more")
            if name in _SHARES and not 0 <= value < 1:
                raise _refused(name, value, "from 0 to less than 1")
            if name in ("learning_rate", "temperature", "max_norm", "repeats") and value <= 0:
                raise _refused(name, value, "more than 0")
            if name in ("weight_decay", "hard_negatives", "name_queries") and value < 0:
                raise _refused(name, value, "0 or more")
        if not 0 < self.layer_decay <= 1:
            raise _refused("layer_decay", self.layer_decay, "more than 0 and at most 1")


def _refused(name: str, value: object, wanted: str) -> RunError:
    return RunError(f"retriever-{name.replace('_', '-')} is {value}: it must be {wanted}")
