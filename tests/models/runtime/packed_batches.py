"""Packed batches of any lengths, without a tokenizer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from models.runtime import PackedBatch


def batch_of(lengths: Sequence[int]) -> PackedBatch:
    """Return texts of these lengths, which must ascend.

    The token ids are 1, 2, 3, …, so that each token can be recognized. The second half of a text has type 1.
    """
    positions = torch.tensor([position for length in lengths for position in range(length)], dtype=torch.long)
    types = [int(position >= length // 2) for length in lengths for position in range(length)]
    return PackedBatch(
        rows=tuple(range(len(lengths))),
        lengths=tuple(lengths),
        input_ids=torch.arange(1, sum(lengths) + 1),
        type_ids=torch.tensor(types, dtype=torch.long),
        position_ids=positions,
        bounds=torch.tensor([*itertools.accumulate(lengths, initial=0)], dtype=torch.int32),
    )


def random_states(*shape: int) -> Tensor:
    """Return random numbers, always the same for a shape."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))
