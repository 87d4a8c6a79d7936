"""Low-rank adapters (LoRA, Hu et al. 2021) in a bundle: written at saving, merged at loading.

For each matrix `W` `[out, in]` of a trained layer, `model.safetensors` has `A` `[rank, in]` and `B` `[out,
rank]`, named like the linear layer, with `lora_A` and `lora_B` in place of `weight`. The network's matrix is
`W + alpha / rank · B A`. Biases and LayerNorms are those of the encoder. So a bundle of a large encoder is
small, and nothing is slower once it is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import torch
from torch import Tensor

from models.bundle.config_sections import Adapters
from models.bundle.stored_tensors import encoder_shapes, stored_stacks
from models.network import HEADS, NetworkShape, Shape

_WEIGHT: Final = ".weight"
_HEAD: Final = re.compile(rf"(members\.\d+\.)?({'|'.join(head.name for head in HEADS)})\.(weight|bias)")


@dataclass(frozen=True, repr=False)
class TrainedAdapters:
    """The adapters of all trained layers of a network.

    Attributes:
        section: rank and scale, for `config.json`.
        tensors: `A` and `B` of each matrix, by their names in a bundle.
    """

    section: Adapters
    tensors: Mapping[str, Tensor]

    @property
    def scale(self) -> float:
        """What `B A` is multiplied by."""
        return self.section.alpha / self.section.rank


def adapter_names(linear: str) -> tuple[str, str]:
    """Return the names of `A` and `B` of a linear layer, such as `shared.0.output.dense`."""
    return f"{linear}.lora_A", f"{linear}.lora_B"


class AdaptedLinear(NamedTuple):
    """A linear layer that a bundle with adapters has as a change of the encoder's.

    Attributes:
        name: in the network, such as `shared.0.output.dense`.
        in_encoder: the name of the encoder's linear layer, such as `encoder.layer.8.output.dense`.
        outputs: rows of its matrix.
        inputs: columns of its matrix.
    """

    name: str
    in_encoder: str
    outputs: int
    inputs: int


def adapted_linears(shape: NetworkShape, encoder_layers: int) -> Iterator[AdaptedLinear]:
    """Yield each linear layer of a network above the layers that are the encoder's own."""
    sizes = encoder_shapes(shape, shape.frozen_layers + shape.shared_layers)
    for stack in stored_stacks(shape, encoder_layers):
        for prefix, bert in stack.layers():
            for name, size in sizes.items():
                if name.startswith(bert) and len(size) == 2:
                    linear = name.removesuffix(_WEIGHT)
                    yield AdaptedLinear(f"{prefix}{linear.removeprefix(bert)}", linear, size[0], size[1])


def compact_shapes(
    shape: NetworkShape, encoder_layers: int, rank: int, tensors: Mapping[str, Tensor]
) -> dict[str, Shape]:
    """Return name and shape of each tensor in the `model.safetensors` of a bundle with adapters.

    Args:
        shape: of the network.
        encoder_layers: the lowest layers of the trunk that are the encoder's own.
        rank: of the largest adapter.
        tensors: those in the file; they state which adapters are smaller.
    """
    sizes = {name: size for name, size in shape.trained().items() if is_head(name)}
    for linear in adapted_linears(shape, encoder_layers):
        a, b = adapter_names(linear.name)
        rows = len(tensors[a]) if a in tensors and tensors[a].ndim else rank
        rows = rows if 1 <= rows <= rank else rank
        sizes |= {a: (rows, linear.inputs), b: (linear.outputs, rows)}
    return sizes


def is_head(name: str) -> bool:
    """Return True for a tensor of a head, also of an ensemble's member; heads are always stored whole."""
    return _HEAD.fullmatch(name) is not None


def merge_adapters(
    shape: NetworkShape,
    encoder_layers: int,
    adapters: TrainedAdapters,
    encoder: Mapping[str, Tensor],
) -> dict[str, Tensor]:
    """Return the layers that a bundle with adapters stores as changes, whole.

    Args:
        shape: of the network.
        encoder_layers: the lowest layers of the trunk that are the encoder's own.
        adapters: of all other layers.
        encoder: the tensors of the whole encoder, by their names in BERT.

    Returns:
        fp32, by their names in `MultiTaskNetwork`; heads are not among them.
    """
    merged: dict[str, Tensor] = {}
    for stack in stored_stacks(shape, encoder_layers):
        for prefix, bert in stack.layers():
            merged |= {
                f"{prefix}{name.removeprefix(bert)}": tensor.float()
                for name, tensor in encoder.items()
                if name.startswith(bert)
            }
    for linear in adapted_linears(shape, encoder_layers):
        a, b = (adapters.tensors[name].float() for name in adapter_names(linear.name))
        weight = f"{linear.name}{_WEIGHT}"
        merged[weight] = torch.addmm(merged[weight], b, a, alpha=adapters.scale)
    return merged
