"""Named tensors: compared, and copied where they fit.

The tensors of a multi-task network, without the modules that train it: all that an engine needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from models.network.shape import NetworkShape


def tensor_mismatches(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Iterator[str]:
    """Say for each tensor of `given` how it differs from `own` in name or shape."""
    for name in sorted(own.keys() - given.keys()):
        yield f"lacks the tensor {name}"
    for name in sorted(given.keys() - own.keys()):
        yield f"has an unknown tensor {name}"
    for name in sorted(own.keys() & given.keys()):
        if own[name].shape != given[name].shape:
            yield f"{name} has the shape {list(given[name].shape)} instead of {list(own[name].shape)}"


def tensors_equal(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> bool:
    """Whether tensors are the same one by one, in shape and values; they may be on several devices."""
    return len(ours) == len(theirs) and all(
        left is right or torch.equal(left, right.to(left.device))
        for left, right in zip(ours, theirs, strict=True)
    )


@torch.no_grad()
def copy_tensors(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    """Copy the values of `given` into `own`.

    Raises:
        ValueError: a tensor is missing, unknown, or of another shape; all such are named.
    """
    if faults := list(tensor_mismatches(own, given)):
        raise ValueError("; ".join(faults))
    for name, tensor in own.items():
        tensor.copy_(given[name])


TrunkStatesSource = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Gives the trunk's states, as `FrozenTrunk.trunk_states` does."""


class Affine(NamedTuple):
    """Weight and bias of a linear layer, `[out, in]` and `[out]`, or of a LayerNorm, `[width]` both."""

    weight: Tensor
    bias: Tensor


@dataclass(frozen=True)
class NetworkPart:
    """The tensors whose names begin alike, such as those of one layer."""

    tensors: Mapping[str, Tensor]
    prefix: str

    def part(self, name: str) -> NetworkPart:
        """Give a part of this part."""
        return NetworkPart(self.tensors, f"{self.prefix}{name}.")

    def tensor(self, name: str) -> Tensor:
        """Give one tensor."""
        return self.tensors[f"{self.prefix}{name}"].detach()

    def affine(self, name: str) -> Affine:
        """Give a linear layer or a LayerNorm."""
        return Affine(self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias"))


@dataclass(frozen=True, repr=False)
class NetworkWeights:
    """What a network has learnt.

    Attributes:
        shape: of the network.
        tensors: fp32, by their names in `MultiTaskNetwork.state_dict`.
        kept_states: where the trunk's states are kept, instead of computing them; see `FrozenTrunk`.
    """

    shape: NetworkShape
    tensors: Mapping[str, Tensor]
    kept_states: TrunkStatesSource | None = None

    def to(self, device: torch.device) -> NetworkWeights:
        """Copy the tensors to a device where they are elsewhere."""
        return replace(self, tensors={name: tensor.to(device) for name, tensor in self.tensors.items()})

    def part(self, name: str) -> NetworkPart:
        """Give the tensors of a module by its name in `MultiTaskNetwork`, such as `classifier`."""
        return NetworkPart(self.tensors, f"{name}.")

    def affine(self, name: str) -> Affine:
        """Give a linear layer by its name."""
        return NetworkPart(self.tensors, "").affine(name)

    def layers(self, name: str, count: int) -> list[NetworkPart]:
        """Give the first layers of a stack, such as `trunk`."""
        return [self.part(f"{name}.{number}") for number in range(count)]
