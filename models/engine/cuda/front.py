"""The front of the network on a GPU, embeddings to the states that all heads start from, as graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from models.engine.cuda.buckets import Bucket, smallest_holding
from models.engine.cuda.inputs import BucketInputs
from models.engine.packed_network import KeptStates
from models.engine.packing import PackedBatch

Kept = Callable[[PackedBatch], KeptStates]
Capture = Callable[[Callable[[], KeptStates]], tuple[Callable[[], None], KeptStates]]


class Front:
    """The front for micro-batches up to one size.

    Args:
        bucket: the size.
        kept: of the network; which operations it does must depend on the size alone.
        device: where it runs.
        capture: makes a graph of work, see `GraphPool.captured`.
    """

    def __init__(self, bucket: Bucket, kept: Kept, device: torch.device, capture: Capture) -> None:
        self._inputs = BucketInputs(bucket, device)
        self._replay, self._states = capture(lambda: kept(self._inputs.batch))

    def __call__(self, batch: PackedBatch) -> tuple[PackedBatch, KeptStates]:
        """Run it on a batch of the host.

        Returns:
            The batch on the device, and its states; both until the next call.
        """
        placed = self._inputs.fill(batch)
        self._replay()
        return placed, self._states.first(len(placed.input_ids))


class Fronts:
    """The front for micro-batches of all sizes.

    The largest one is captured first: the pool then has the memory that the others need. It is done when this
    is made, and takes some tenths of a second for each size.

    Args:
        sizes: that there are to be graphs for.
        kept: see `Front`.
        device: see `Front`.
        capture: see `Front`.
    """

    def __init__(self, sizes: Sequence[Bucket], kept: Kept, device: torch.device, capture: Capture) -> None:
        descending = sorted(sizes, key=lambda size: size.tokens, reverse=True)
        self._fronts = {size: Front(size, kept, device, capture) for size in descending}

    def of(self, batch: PackedBatch) -> Front | None:
        """Choose by the size of a batch; None where it fits nowhere."""
        size = smallest_holding(tuple(self._fronts), batch)
        return self._fronts[size] if size else None
