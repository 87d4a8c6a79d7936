"""How much of a GPU's memory a lane takes, before it is taken.

A lane on a GPU: a stream, with inputs and graphs of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from models.network.shape import NetworkShape
from models.runtime.cuda.buckets import Bucket
from models.runtime.cuda.graphs import Fronts, GraphPool
from models.runtime.packed_network import PackedNetwork, SharedStates
from models.runtime.packing import PackedBatch


def lane_bytes(shape: NetworkShape, sizes: Sequence[Bucket]) -> int:
    """Say what a lane takes at most in bfloat16, beside the weights, for batches up to the largest size.

    Three parts:

    - the front, where the feed-forward part is at its widest: for each token and unit of width 4 bytes of
      what came in, of what attention made of it and of the trunk's states, 2 for copies in bfloat16, and
      twice 2 for the wide product, before and after its activation. The graphs of a lane share this.
    - what the graphs of all sizes gave, at most two states of 4 bytes for each token.
    - the heads: texts padded to at most the double, and what [CLS] seeks and sees with each head of each
      classifier, in fp32; after them the Extractor, if need be on all texts.

    The allocator's rounding and gaps come on top, and CUDA itself once for each process.
    """
    tokens = max(size.tokens for size in sizes)
    texts = max(size.texts for size in sizes)
    front = tokens * (14 * shape.hidden + 4 * shape.intermediate)
    given = sum(size.tokens for size in sizes) * 8 * shape.hidden
    votes = 12 * tokens * shape.hidden + 10 * texts * shape.attention_heads * shape.classifiers * shape.hidden
    extraction = tokens * (10 * shape.hidden + 4 * shape.intermediate)
    return front + given + max(votes, extraction)


class StreamLane:
    """Computes one micro-batch at a time on a stream of its own; a `Lane`.

    While it waits for its results, another lane's inputs are copied and its kernels run. Nothing else is
    waited for, and the waiting thread sleeps: it leaves its core and Python to others.

    Args:
        device: a GPU.
        network: on that GPU.
        sizes: that the front is captured for as a graph; without any, or where a batch fits none of them, its
            kernels are launched one by one, with the same results.
    """

    def __init__(self, device: torch.device, network: PackedNetwork, sizes: Sequence[Bucket] = ()) -> None:
        self._device = device
        self._network = network
        with torch.cuda.device(device), torch.inference_mode():
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            self._done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            self._stream.wait_stream(torch.cuda.current_stream(device))  # which the weights came by
            pool = GraphPool(self._stream)
            self._fronts = Fronts(sizes, network.shared_states, device, pool.captured)

    def at_work(self) -> AbstractContextManager[None]:
        """Let what a thread does be done on this stream."""
        return torch.cuda.stream(self._stream)

    def placed(self, batch: PackedBatch) -> PackedBatch:
        """Copy a batch to the device."""
        return batch.to(self._device)

    def front(self, batch: PackedBatch) -> tuple[PackedBatch, SharedStates]:
        """Give a batch on the device and its states, until the next batch."""
        front = self._fronts.of(batch)
        if front is not None:
            return front(batch)
        placed = self.placed(batch)
        return placed, self._network.shared_states(placed)

    def read(self, values: Tensor) -> Tensor:
        """Copy values to the CPU, by pinned memory, and wait until they are there."""
        found = values.contiguous().to("cpu", non_blocking=True)
        self._done.record(self._stream)
        self._done.synchronize()
        return found
