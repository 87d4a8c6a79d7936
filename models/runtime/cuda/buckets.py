"""Buckets: the sizes that micro-batches are padded to on a GPU, since a captured graph has one fixed size.

A graph reads its inputs from fixed places in memory, which are overwritten for each batch (`BucketInputs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch

from models.runtime.packing import PackedBatch

_SMALLEST: Final = 256  # tokens
_TOKENS_PER_TEXT: Final = 8  # batches of texts that are shorter on average need a larger bucket
# The kernel takes 128 queries at a time. If no text has more, it starts once for each text and head; with
# BERT's 512 it would start four times, three of them for nothing.
_LONGEST: Final = 128


@dataclass(frozen=True)
class Bucket:
    """A size of micro-batches.

    Attributes:
        tokens: most tokens of a batch.
        texts: most texts of a batch.
        longest: most tokens of a text.
    """

    tokens: int
    texts: int
    longest: int

    def holds(self, batch: PackedBatch) -> bool:
        """Return True if a batch can be padded to this size."""
        return (
            len(batch.input_ids) <= self.tokens
            and len(batch.lengths) <= self.texts
            and batch.longest <= self.longest
        )


def max_texts(tokens: int) -> int:
    """Return how many texts a batch on a GPU may have, given its most tokens."""
    return max(1, tokens // _TOKENS_PER_TEXT)


def make_buckets(token_budget: int) -> tuple[Bucket, ...]:
    """Return the buckets for batches within a budget, each twice the one before, up to the budget itself.

    So a batch is padded to less than twice its size, and in a backlog only the last batch is not nearly full.
    """
    sizes = []
    tokens = _SMALLEST
    while tokens < token_budget:
        sizes.append(tokens)
        tokens *= 2
    sizes.append(token_budget)
    return tuple(Bucket(size, max_texts(size), min(size, _LONGEST)) for size in sizes)


def smallest_bucket(buckets: Sequence[Bucket], batch: PackedBatch) -> Bucket | None:
    """Return the smallest bucket that holds a batch; None if it has too long a text or too many texts."""
    holding = [bucket for bucket in buckets if bucket.holds(batch)]
    return min(holding, key=lambda bucket: bucket.tokens, default=None)


class BucketInputs:
    """The inputs of a graph of one size on the device, and pinned memory on the host to copy them from.

    `fill` overwrites the memory on the host that the previous batch was copied from. So only one batch may be
    computed at a time, and each lane has its own inputs.

    Args:
        bucket: the size.
        device: of the graph.

    Attributes:
        bucket: the size.
        batch: the batch that the graph is captured with: all tensors on the device. At first it has texts
            without tokens and one text of the greatest length.
    """

    def __init__(self, bucket: Bucket, device: torch.device) -> None:
        self.bucket = bucket
        is_pinned = device.type == "cuda"  # only from pinned memory are copies asynchronous
        self._host_tokens = torch.zeros(3, bucket.tokens, dtype=torch.long, pin_memory=is_pinned)
        self._host_bounds = torch.zeros(bucket.texts + 1, dtype=torch.int32, pin_memory=is_pinned)
        self._host_bounds[-1] = bucket.longest
        self._tokens = self._host_tokens.to(device, copy=True)
        self._bounds = self._host_bounds.to(device, copy=True)
        lengths = (*[0] * (bucket.texts - 1), bucket.longest)
        ids, types, positions = self._tokens
        self.batch = PackedBatch(tuple(range(bucket.texts)), lengths, ids, types, positions, self._bounds)

    def fill(self, batch: PackedBatch) -> PackedBatch:
        """Copy a batch to the device, on the current stream.

        The rest is padded: with texts without tokens, and with [PAD] tokens that belong to no text.

        Args:
            batch: on the host, not larger than the bucket.

        Returns:
            The batch on the device; valid until the next call.
        """
        tokens, texts = len(batch.input_ids), len(batch.lengths)
        torch.stack([batch.input_ids, batch.type_ids, batch.position_ids], out=self._host_tokens[:, :tokens])
        self._host_tokens[:, tokens:] = 0
        self._host_bounds[: texts + 1] = batch.bounds
        self._host_bounds[texts + 1 :] = tokens
        self._tokens.copy_(self._host_tokens, non_blocking=True)
        self._bounds.copy_(self._host_bounds, non_blocking=True)
        ids, types, positions = self._tokens[:, :tokens]
        return PackedBatch(batch.rows, batch.lengths, ids, types, positions, self._bounds[: texts + 1])
