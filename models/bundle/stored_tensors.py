"""Which tensors of a network a bundle stores, and which come from its encoder.

A network has its layers in several stacks: the frozen trunk, the shared layers, the retriever's, and those of
the ensemble's members. Each layer of a stack started as a layer of the encoder, with the same names in it.

Stored are the heads and every layer that training has changed. These are the layers after the trunk. If the
training started from another bundle, the upper layers of the trunk are among them. Either whole layers are
stored, or for each of their matrices a low-rank change of the encoder's (`models.bundle.adapters`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from models.network import NetworkShape, Shape, exit_shapes, highest_exit, tensor_mismatches


@dataclass(frozen=True, slots=True)
class StoredStack:
    """Some layers of a network that lie one upon the other.

    Attributes:
        prefix: of the names of their tensors in `MultiTaskNetwork`; a number follows.
        first: number of the lowest one in `prefix`.
        encoder_layer: the layer of the encoder that the lowest one started from.
        count: number of layers.
    """

    prefix: str
    first: int
    encoder_layer: int
    count: int

    def layers(self) -> Iterator[tuple[str, str]]:
        """Yield the prefix of each layer's tensors, in the network and in BERT."""
        for number in range(self.count):
            yield f"{self.prefix}.{self.first + number}.", _in_bert(self.encoder_layer + number)


def _in_bert(layer: int) -> str:
    return f"encoder.layer.{layer}."


def stored_stacks(shape: NetworkShape, encoder_layers: int) -> list[StoredStack]:
    """Return the layers that a bundle stores.

    Args:
        shape: of the network.
        encoder_layers: the lowest layers of the trunk that are the encoder's own.
    """
    frozen, shared = shape.frozen_layers, shape.shared_layers
    retriever = shape.retriever_layers
    return [
        StoredStack("trunk", encoder_layers, encoder_layers, frozen - encoder_layers),
        StoredStack("shared", 0, frozen, shared),
        StoredStack("retriever.layers", 0, frozen + shared - retriever, retriever),
        *(
            StoredStack(f"members.{member}.shared", 0, frozen, shared)
            for member in range(shape.classifiers - 1)
        ),
    ]


def stored_shapes(shape: NetworkShape, encoder_layers: int) -> dict[str, Shape]:
    """Return name and shape of each tensor of a network that is not the encoder's own."""
    prefixes = tuple(prefix for stack in stored_stacks(shape, encoder_layers) for prefix, _ in stack.layers())
    trunk = {name: size for name, size in shape.trunk().items() if name.startswith(prefixes)}
    return {**trunk, **shape.trained()}


def encoder_names(shape: NetworkShape, encoder_layers: int) -> list[str]:
    """Return the names in a network of the tensors that are the encoder's own."""
    stored = stored_shapes(shape, encoder_layers)
    return [name for name in shape.trunk() if name not in stored]


def encoder_shapes(shape: NetworkShape, layers: int) -> dict[str, Shape]:
    """Return name and shape, as in BERT, of the embeddings and of the encoder's first layers.

    Args:
        shape: of a network on this encoder.
        layers: how many layers.
    """
    sizes = {name: size for name, size in shape.trunk().items() if not name.startswith("trunk.")}
    everything = {**shape.trunk(), **shape.trained()}
    frozen = shape.frozen_layers
    for number in range(layers):
        prefix = f"trunk.{number}." if number < frozen else f"shared.{number - frozen}."
        sizes |= {
            f"{_in_bert(number)}{name.removeprefix(prefix)}": size
            for name, size in everything.items()
            if name.startswith(prefix)
        }
    return sizes


def name_in_encoder(name: str) -> str:
    """Return the name in BERT of a tensor of the trunk."""
    return f"encoder.layer.{name.removeprefix('trunk.')}" if name.startswith("trunk.") else name


def exit_mismatch(layer: int, shape: NetworkShape, tensors: Mapping[str, Tensor]) -> str:
    """Return why the head of an early exit after a layer does not fit a network, or an empty string."""
    if layer > highest_exit(shape):
        return f"is for the layer {layer}, but the highest possible is {highest_exit(shape)}"
    return shape_mismatches(exit_shapes(shape), tensors)


def shape_mismatches(expected: Mapping[str, Shape], tensors: Mapping[str, Tensor]) -> str:
    """Return the first three differences from the expected names and shapes, or an empty string."""
    empty = {name: torch.empty(shape, device="meta") for name, shape in expected.items()}
    differences = list(tensor_mismatches(empty, tensors))
    more = f" (and {len(differences) - 3} more)" if len(differences) > 3 else ""
    return f"{'; '.join(differences[:3])}{more}"
