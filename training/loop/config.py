"""All that Algorithm 1 depends on, beside its data."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

from training.errors import RunError

Task = Literal["1a", "1b", "1c"]

BIOBERT = "dmis-lab/biobert-base-cased-v1.2"

_ABOVE_ZERO = ("epochs", "learning_rate", "head_learning_rate", "max_norm", "adversarial_steps")
_SHARES = ("warmup", "dropout", "layer_dropout")
# Torch's generators take 64 bits, and each epoch has a seed of its own.
_LARGEST_SEED = 2**32 - 1
_NOT_NEGATIVE = ("weight_decay", "seed", "patience", "adversarial_norm")


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of Algorithm 1; the defaults are the paper's (section 3.3) where it names them.

    Attributes:
        encoder: source of the pretrained encoder, as for `models.load_encoder`.
        frozen_layers: layers that stay as they are, after the embeddings, which always do; a negative
            number counts from the top: -1 is all but the last, the paper's 11 of 12.
        pooling: what the Normalizer reads of a span: the state at [CLS], or the mean of its tokens.
        epochs: passes over the three data sets, by expectation.
        batch_size_1a: texts in a mini-batch of the Classifier.
        batch_size_1b: texts in a mini-batch of the Extractor.
        batch_size_1c: spans in a mini-batch of the Normalizer.
        learning_rate: of the last layer, at its highest, after the warm-up.
        head_learning_rate: of the heads, which start from nothing.
        layer_decay: each layer learns at this many times the rate of the layer above it, in (0, 1].
        schedule: whether the rate stays, or falls linearly to zero.
        warmup: share of all steps in which the learning rate rises, in [0, 1).
        weight_decay: of AdamW, on matrices alone.
        balanced: weigh the classes of 1a by the balanced heuristic (Equation 2); else both weigh one.
        dropout: before each head.
        layer_dropout: within the shared layers.
        max_tokens: where texts are cut, special tokens included.
        max_norm: where the gradient's norm is cut.
        adversarial: train on the worst small change of the states as well: not at all, by one step along
            the gradient (FGM, Miyato et al. 2017), or by several (FreeLB, Zhu et al. 2020).
        adversarial_at: which states: of the embeddings, or those that the trunk gives, which is quicker.
        adversarial_norm: how far, as the L2 norm of the change of a text over that of its states.
        adversarial_steps: of FreeLB.
        select: score of the validation by which the best epoch is known: F1 of a subtask, or their mean.
        patience: epochs without a better one after which the training ends; 0 for never.
        bfloat16: multiply matrices in bfloat16; weights, loss and gradients stay in fp32.
        seed: of the weights of the heads, of dropout and of the order of examples.
    """

    encoder: str = BIOBERT
    frozen_layers: int = -1
    pooling: Literal["cls", "mean"] = "cls"
    epochs: int = 30
    batch_size_1a: int = 64
    batch_size_1b: int = 16
    batch_size_1c: int = 16
    learning_rate: float = 5e-5
    head_learning_rate: float = 5e-5
    layer_decay: float = 1.0
    schedule: Literal["constant", "linear"] = "constant"
    warmup: float = 0.0
    weight_decay: float = 0.01
    balanced: bool = True
    dropout: float = 0.1
    layer_dropout: float = 0.1
    max_tokens: int = 128
    max_norm: float = 1.0
    adversarial: Literal["none", "fgm", "freelb"] = "none"
    adversarial_at: Literal["embeddings", "trunk"] = "embeddings"
    adversarial_norm: float = 0.05
    adversarial_steps: int = 3
    select: Literal["mean", "1a", "1b", "1c"] = "mean"
    patience: int = 0
    bfloat16: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float):
                _require(math.isfinite(value), field.name, value, "a finite number")
            if field.name.startswith("batch_size") or field.name in _ABOVE_ZERO:
                _require(value > 0, field.name, value, "more than 0")
            elif field.name in _SHARES:
                _require(0 <= value < 1, field.name, value, "from 0 to less than 1")
            elif field.name in _NOT_NEGATIVE:
                _require(value >= 0, field.name, value, "0 or more")
        _require(0 < self.layer_decay <= 1, "layer_decay", self.layer_decay, "more than 0 and at most 1")
        _require(self.max_tokens >= 8, "max_tokens", self.max_tokens, "8 or more")
        _require(self.seed <= _LARGEST_SEED, "seed", self.seed, f"at most {_LARGEST_SEED}")
        _require(bool(self.encoder.strip()), "encoder", repr(self.encoder), "a name or a folder")

    def batch_size(self, task: Task) -> int:
        """Give size(b_i) of Equation 1."""
        return {"1a": self.batch_size_1a, "1b": self.batch_size_1b, "1c": self.batch_size_1c}[task]

    def frozen_of(self, layers: int) -> int:
        """Give how many of an encoder's layers are frozen.

        Raises:
            RunError: there are fewer layers than that.
        """
        frozen = self.frozen_layers if self.frozen_layers >= 0 else layers + self.frozen_layers
        if not 0 <= frozen <= layers:
            raise RunError(
                f"frozen-layers is {self.frozen_layers}, but {self.encoder} has {layers} layers: "
                f"choose from -{layers} to {layers}"
            )
        return frozen


def _require(holds: bool, name: str, value: object, wanted: str) -> None:
    if not holds:
        raise RunError(f"{name.replace('_', '-')} is {value}: it must be {wanted}")
