"""Named tensors: compared, and copied where they fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor


def mismatches(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Iterator[str]:
    """Say for each tensor of `given` how it differs from `own` in name or shape."""
    for name in sorted(own.keys() - given.keys()):
        yield f"lacks the tensor {name}"
    for name in sorted(given.keys() - own.keys()):
        yield f"has an unknown tensor {name}"
    for name in sorted(own.keys() & given.keys()):
        if own[name].shape != given[name].shape:
            yield f"{name} has the shape {list(given[name].shape)} instead of {list(own[name].shape)}"


def are_equal(ours: Sequence[Tensor], theirs: Sequence[Tensor]) -> bool:
    """Whether tensors are the same one by one, in shape and values; they may be on several devices."""
    return len(ours) == len(theirs) and all(
        left is right or torch.equal(left, right.to(left.device))
        for left, right in zip(ours, theirs, strict=True)
    )


@torch.no_grad()
def fill(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    """Copy the values of `given` into `own`.

    Raises:
        ValueError: a tensor is missing, unknown, or of another shape; all such are named.
    """
    if faults := list(mismatches(own, given)):
        raise ValueError("; ".join(faults))
    for name, tensor in own.items():
        tensor.copy_(given[name])
