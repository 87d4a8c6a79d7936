"""Capturing work as a CUDA graph: launched as one, whatever number of kernels it has.

The front of the network on a GPU, embeddings to the states that all heads start from, as graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import torch

from models.runtime.cuda.buckets import Bucket, BucketInputs, smallest_holding
from models.runtime.packed_network import SharedStates
from models.runtime.packing import PackedBatch

Found = TypeVar("Found")

_WARM_UPS: Final = 3  # libraries choose their kernels and take their workspaces in the first runs


class GraphPool:
    """Captures work on one stream, with one pool of memory for all of it.

    Graphs of one pool write over each other's intermediate results. That is safe since they are replayed one
    after another, and none reads what another one left; in which order does not matter. What a graph gives
    stays its own as long as it is referred to.

    Only one capture may be under way in a process, and no other thread may use the GPU meanwhile: capture
    before there are any.

    Args:
        stream: of a lane.
    """

    def __init__(self, stream: torch.cuda.Stream) -> None:
        self._stream = stream
        self._pool: Any = torch.cuda.graph_pool_handle()

    def captured(self, work: Callable[[], Found]) -> tuple[Callable[[], None], Found]:
        """Capture what `work` launches; it must ask the GPU for nothing, and allocate by torch alone.

        Returns:
            What launches it again, on the current stream, and what `work` gave: tensors that are written anew
            each time. Before the first launch there is nothing in them.
        """
        with torch.cuda.stream(self._stream):
            for _ in range(_WARM_UPS):
                work()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):  # it waits for the warming up
            found = work()
        return graph.replay, found


Kept = Callable[[PackedBatch], SharedStates]
Capture = Callable[[Callable[[], SharedStates]], tuple[Callable[[], None], SharedStates]]


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

    def __call__(self, batch: PackedBatch) -> tuple[PackedBatch, SharedStates]:
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
