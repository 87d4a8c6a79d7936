"""The sizes that micro-batches are filled up to on a GPU: a captured graph computes one size only.

What a captured graph reads: inputs that stay where they are in memory, and are filled anew each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch

from models.runtime.packing import PackedBatch

SMALLEST: Final = 256  # tokens
_TOKENS_OF_A_TEXT: Final = 8  # texts that have fewer on the average want a larger bucket
# The kernel takes 128 queries at a time. Where no text has more, it starts once for each text and head; with
# BERT's 512 it would start four times, three of them for nothing.
_LONGEST: Final = 128


@dataclass(frozen=True)
class Bucket:
    """A size.

    Attributes:
        tokens: most tokens of a batch.
        texts: most texts of a batch.
        longest: most tokens of a text.
    """

    tokens: int
    texts: int
    longest: int

    def holds(self, batch: PackedBatch) -> bool:
        """Whether a batch can be filled up to this size."""
        return (
            len(batch.input_ids) <= self.tokens
            and len(batch.lengths) <= self.texts
            and batch.longest <= self.longest
        )


def most_texts(tokens: int) -> int:
    """How many texts a batch of so many tokens may have on a GPU."""
    return max(1, tokens // _TOKENS_OF_A_TEXT)


def buckets(token_budget: int) -> tuple[Bucket, ...]:
    """Give the sizes for batches within a budget: each twice the one before, the last one the budget itself.

    So a batch is filled up to less than its double; of a backlog only the last batch is not nearly full.
    """
    sizes = []
    tokens = SMALLEST
    while tokens < token_budget:
        sizes.append(tokens)
        tokens *= 2
    sizes.append(token_budget)
    return tuple(Bucket(size, most_texts(size), min(size, _LONGEST)) for size in sizes)


def smallest_holding(sizes: Sequence[Bucket], batch: PackedBatch) -> Bucket | None:
    """Choose the size for a batch; None where it has too long a text, or too many texts."""
    fitting = [size for size in sizes if size.holds(batch)]
    return min(fitting, key=lambda size: size.tokens, default=None)


class BucketInputs:
    """The inputs of one size, on the device, and pinned memory on the host that they are copied from.

    Only one batch may be under way at a time: `fill` writes over what the copy of the batch before read. Each
    lane has inputs of its own for that reason.

    Args:
        bucket: the size.
        device: of the graph.

    Attributes:
        bucket: the size.
        batch: what the graph is captured with: all tensors on the device. It begins as texts of no tokens and
            one of the greatest length.
    """

    def __init__(self, bucket: Bucket, device: torch.device) -> None:
        self.bucket = bucket
        pinned = device.type == "cuda"  # from other memory a copy is not asynchronous
        self._host_tokens = torch.zeros(3, bucket.tokens, dtype=torch.long, pin_memory=pinned)
        self._host_bounds = torch.zeros(bucket.texts + 1, dtype=torch.int32, pin_memory=pinned)
        self._host_bounds[-1] = bucket.longest
        self._tokens = self._host_tokens.to(device, copy=True)
        self._bounds = self._host_bounds.to(device, copy=True)
        lengths = (*[0] * (bucket.texts - 1), bucket.longest)
        ids, types, positions = self._tokens
        self.batch = PackedBatch(tuple(range(bucket.texts)), lengths, ids, types, positions, self._bounds)

    def fill(self, batch: PackedBatch) -> PackedBatch:
        """Copy a batch in, on the current stream.

        What is left over is filled up: with texts of no tokens, and with [PAD] that are of no text.

        Args:
            batch: on the host, not larger than the bucket.

        Returns:
            The batch, on the device, as long as the next one is not filled in.
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
