"""The tensors of a multi-task network by their names, without the modules that train it.

Bundles store them, and the engine runs on them. Two sets of named tensors can be compared and copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from models.network.shape import NetworkShape

TrunkStatesSource = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Returns the states of the trunk; takes and returns what `FrozenTrunk.trunk_states` does."""


class Affine(NamedTuple):
    """Weight and bias of a linear layer, `[out, in]` and `[out]`, or of a LayerNorm, `[width]` both."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True)
class NetworkPart:
    """The tensors whose names share a prefix, such as those of one layer."""

    tensors: Mapping[str, Tensor]
    prefix: str

    def part(self, name: str) -> NetworkPart:
        """Return a part of this part."""
        return NetworkPart(self.tensors, f"{self.prefix}{name}.")

    def tensor(self, name: str) -> Tensor:
        """Return one tensor."""
        return self.tensors[f"{self.prefix}{name}"].detach()

    def affine(self, name: str) -> Affine:
        """Return a linear layer or a LayerNorm."""
        return Affine(self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias"))


@dataclass(frozen=True, repr=False)
class NetworkWeights:
    """The weights of a network.

    Attributes:
        shape: of the network.
        tensors: fp32, by their names in `MultiTaskNetwork.state_dict`.
        kept_states: where the states of the trunk have been computed before, a function that returns them.
            An engine calls it instead of running the trunk.
    """

    shape: NetworkShape
    tensors: Mapping[str, Tensor]
    kept_states: TrunkStatesSource | None = None

    def to(self, device: torch.device) -> NetworkWeights:
        """Copy the tensors to a device, unless they are there already."""
        return replace(self, tensors={name: tensor.to(device) for name, tensor in self.tensors.items()})

    def part(self, name: str) -> NetworkPart:
        """Return the tensors of a module by its name in `MultiTaskNetwork`, such as `classifier`."""
        return NetworkPart(self.tensors, f"{name}.")

    def affine(self, name: str) -> Affine:
        """Return a linear layer by its name."""
        return NetworkPart(self.tensors, "").affine(name)

    def layers(self, name: str, count: int) -> list[NetworkPart]:
        """Return the first `count` layers of a stack, such as `trunk`."""
        return [self.part(f"{name}.{number}") for number in range(count)]


def tensor_mismatches(expected: Mapping[str, Tensor], actual: Mapping[str, Tensor]) -> Iterator[str]:
    """Yield a message for each tensor of `actual` whose name or shape is not the expected one."""
    for name in sorted(expected.keys() - actual.keys()):
        yield f"lacks the tensor {name}"
    for name in sorted(actual.keys() - expected.keys()):
        yield f"has an unknown tensor {name}"
    for name in sorted(expected.keys() & actual.keys()):
        if expected[name].shape != actual[name].shape:
            yield f"{name} has the shape {list(actual[name].shape)} instead of {list(expected[name].shape)}"


def tensors_equal(left: Sequence[Tensor], right: Sequence[Tensor]) -> bool:
    """Return True if the tensors have equal shapes and values, one by one; they may be on several devices."""
    return len(left) == len(right) and all(
        tensor is other or torch.equal(tensor, other.to(tensor.device))
        for tensor, other in zip(left, right, strict=True)
    )


@torch.no_grad()
def copy_tensors(target: Mapping[str, Tensor], source: Mapping[str, Tensor]) -> None:
    """Copy the values of `source` into the tensors of `target`.

    Raises:
        ValueError: a tensor is missing, unknown, or of another shape; the message names all of them.
    """
    if mismatches := list(tensor_mismatches(target, source)):
        raise ValueError("; ".join(mismatches))
    for name, tensor in target.items():
        tensor.copy_(source[name])
