"""The settings of Algorithm 1, and the ranges that the values of settings are checked against."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from models.bundle import LARGEST_RANK
from models.network import TASKS, Task
from training.errors import RunError

BIOBERT: Final = "dmis-lab/biobert-base-cased-v1.2"

# Torch's generators take 64 bits, and each epoch has a seed of its own.
_LARGEST_SEED: Final = 2**32 - 1


@dataclass(frozen=True)
class ValueRange:
    """The values that a setting may have.

    Attributes:
        contains: returns True for a valid value.
        description: completes "it must be".
    """

    contains: Callable[[Any], bool]
    description: str


POSITIVE: Final = ValueRange(lambda value: value > 0, "more than 0")
AT_LEAST_ONE: Final = ValueRange(lambda value: value >= 1, "1 or more")
NOT_NEGATIVE: Final = ValueRange(lambda value: value >= 0, "0 or more")
FRACTION: Final = ValueRange(lambda value: 0 <= value < 1, "from 0 to less than 1")
RATIO: Final = ValueRange(lambda value: 0 < value <= 1, "more than 0 and at most 1")

_RANGES: Final[Mapping[str, ValueRange]] = {
    **{f"batch_size_{task}": POSITIVE for task in TASKS},
    "epochs": POSITIVE,
    "learning_rate": POSITIVE,
    "head_learning_rate": POSITIVE,
    "max_norm": POSITIVE,
    "adversarial_steps": POSITIVE,
    "warmup": FRACTION,
    "dropout": FRACTION,
    "layer_dropout": FRACTION,
    "weight_decay": NOT_NEGATIVE,
    "patience": NOT_NEGATIVE,
    "lora_rank": ValueRange(lambda value: 0 <= value <= LARGEST_RANK, f"from 0 to {LARGEST_RANK}"),
    "lora_alpha": POSITIVE,
    "lora_dropout": FRACTION,
    "adversarial_norm": NOT_NEGATIVE,
    "layer_decay": RATIO,
    "distill_weight": ValueRange(lambda value: 0 <= value <= 1, "from 0 to 1"),
    "distill_temperature": POSITIVE,
    "distill_states": NOT_NEGATIVE,
    "exit_layer": NOT_NEGATIVE,
    "max_tokens": ValueRange(lambda value: value >= 8, "8 or more"),
    "seed": ValueRange(lambda value: 0 <= value <= _LARGEST_SEED, f"from 0 to {_LARGEST_SEED}"),
}

# Settings that did not exist once, with the values that change nothing.
_LATER: Final[Mapping[str, Any]] = {"distill_states": 0.0, "exit_layer": 0}


def identifying_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a training that identify it, by the names of the fields of `TrainingConfig`.

    Settings that were added later are left out where they change nothing. So a training of an earlier version
    resumes.
    """
    return {name: value for name, value in settings.items() if name not in _LATER or value != _LATER[name]}


def check_ranges(settings: Any, ranges: Mapping[str, ValueRange], *, prefix: str = "") -> None:
    """Check the values of settings; those of type float must also be finite.

    Args:
        settings: a dataclass.
        ranges: by the names of its fields; a field without a range may have any value.
        prefix: of the keys that users know the fields by.

    Raises:
        RunError: a value is out of range; the message names its key.
    """
    for field in fields(settings):
        key, value = f"{prefix}{field.name}".replace("_", "-"), getattr(settings, field.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise RunError(f"{key} is {value}: it must be a finite number")
        if field.name in ranges and not ranges[field.name].contains(value):
            raise RunError(f"{key} is {value}: it must be {ranges[field.name].description}")


@dataclass(frozen=True)
class TrainingConfig:
    """Settings of Algorithm 1. The defaults are the paper's (section 3.3) where it states a value.

    Attributes:
        encoder: source of the pretrained encoder, as for `models.load_encoder`.
        frozen_layers: number of frozen layers after the embeddings, which are always frozen. A negative
            number counts from the top: -1 freezes all layers but the last, the paper's 11 of 12.
        pooling: what the Normalizer reads of a span: the state at [CLS], or the mean over its tokens.
        epochs: passes over the three data sets, in expectation.
        batch_size_1a: texts in a mini-batch of the Classifier.
        batch_size_1b: texts in a mini-batch of the Extractor.
        batch_size_1c: spans in a mini-batch of the Normalizer.
        learning_rate: peak learning rate of the last layer, reached after the warm-up.
        head_learning_rate: peak learning rate of the heads, which start untrained.
        layer_decay: ratio of a layer's learning rate to that of the layer above it, in (0, 1].
        schedule: keep the learning rate constant after the warm-up, or decrease it linearly to zero.
        warmup: fraction of all steps in which the learning rate rises, in [0, 1).
        weight_decay: of AdamW, applied to matrices only.
        balanced: weight the classes of 1a by the balanced heuristic (Equation 2); otherwise both weigh 1.
        dropout: dropout probability before each head.
        layer_dropout: dropout probability within the shared layers.
        max_tokens: maximum length of a text in tokens, special tokens included. Longer texts are read
            in several windows.
        max_norm: maximum norm of the gradient. Larger gradients are clipped.
        adversarial: adversarial training: none, one step along the gradient (FGM, Miyato et al. 2017), or
            several steps (FreeLB, Zhu et al. 2020).
        adversarial_at: which states are perturbed: the embeddings, or the output of the trunk (faster).
        adversarial_norm: L2 norm of a text's perturbation, relative to the norm of its states.
        adversarial_steps: gradient steps of FreeLB.
        distill_weight: of a teacher's distribution, where a text, token or span also has an annotated class;
            the class weighs the rest. It has no effect without a teacher.
        distill_temperature: by which the log-odds of teacher and student are divided (Hinton et al. 2015).
        distill_states: weight of what the student learns of a teacher's last states of tokens: the relations
            between the words of a text, see `training.loop.word_relations`. It is added to the loss of 1b,
            which weighs 1; 0 for none. It has no effect without a teacher.
        exit_layer: number of layers of the encoder after which an early exit is to follow: these also learn
            1a, by a head of their own, see `training.loop.exit_supervision`; 0 for none. The head is not a
            part of the bundle: `bundle add-exit` trains the one that serves.
        select: the validation score that decides which epoch is best: F1 of one subtask, or their mean.
        patience: stop after this many epochs without improvement; 0 disables early stopping.
        lora_rank: rank of low-rank adapters (LoRA, Hu et al. 2021) that are trained in place of the layers
            after the trunk, also in the retriever; 0 trains these layers whole. Heads are always trained
            whole. A bundle with adapters is small.
        lora_alpha: an adapter's output is multiplied by `lora_alpha / lora_rank`.
        lora_dropout: dropout probability before each adapter.
        bfloat16: multiply matrices in bfloat16. Weights, loss and gradients stay in fp32.
        seed: of the heads' initial weights, of dropout, and of the order of examples.

    Raises:
        RunError: a value is out of range; the message names the setting.
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
    distill_weight: float = 0.5
    distill_temperature: float = 1.0
    distill_states: float = 0.0
    exit_layer: int = 0
    select: Literal["mean", Task] = "mean"
    patience: int = 0
    lora_rank: int = 0
    lora_alpha: float = 16.0
    lora_dropout: float = 0.0
    bfloat16: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        check_ranges(self, _RANGES)
        if not self.encoder.strip():
            raise RunError(f"encoder is {self.encoder!r}: it must be a name or a folder")

    @property
    def identity(self) -> str:
        """All settings that identify a training, as one line."""
        settings = identifying_settings({field.name: getattr(self, field.name) for field in fields(self)})
        return f"TrainingConfig({', '.join(f'{name}={value!r}' for name, value in settings.items())})"

    def batch_size(self, task: Task) -> int:
        """Return size(b_i) of Equation 1: the number of examples in a mini-batch of `task`."""
        size: int = getattr(self, f"batch_size_{task}")
        return size

    def count_frozen(self, layers: int) -> int:
        """Return how many layers are frozen in an encoder that has `layers` layers.

        Raises:
            RunError: the encoder has fewer layers than that.
        """
        frozen = self.frozen_layers if self.frozen_layers >= 0 else layers + self.frozen_layers
        if not 0 <= frozen <= layers:
            raise RunError(
                f"frozen-layers is {self.frozen_layers}, but {self.encoder} has {layers} layers: "
                f"choose from -{layers} to {layers}"
            )
        return frozen
