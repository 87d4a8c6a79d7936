"""The shared states on a GPU by captured CUDA graphs, one for each bucket.

A graph is launched as a whole, however many kernels it has: embeddings to the states that all heads share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import torch

from models.runtime.cuda.buckets import Bucket, BucketInputs, smallest_bucket
from models.runtime.packed_network import SharedStates
from models.runtime.packing import PackedBatch

Output = TypeVar("Output")
ComputeStates = Callable[[PackedBatch], SharedStates]
Capture = Callable[[Callable[[], SharedStates]], tuple[Callable[[], None], SharedStates]]

_WARM_UPS: Final = 3  # libraries choose their kernels and allocate workspaces in the first runs


class GraphPool:
    """Captures graphs on one stream, with one pool of memory for all of them.

    Graphs of one pool overwrite each other's intermediate results. That is safe in any order, since they are
    replayed one after another and none reads what another one left. Other graphs do not overwrite the outputs
    of a graph while something refers to them.

    A process can run only one capture at a time, and no other thread may use the GPU meanwhile. So capture
    before other threads start.

    Args:
        stream: of a lane.
    """

    def __init__(self, stream: torch.cuda.Stream) -> None:
        self._stream = stream
        self._pool: Any = torch.cuda.graph_pool_handle()

    def capture(self, compute: Callable[[], Output]) -> tuple[Callable[[], None], Output]:
        """Capture the kernels that `compute` launches.

        Args:
            compute: must not wait for the GPU, and must allocate memory through torch alone.

        Returns:
            A function that launches the kernels again on the current stream, and what `compute` returned:
            tensors that each launch overwrites. They have no values before the first launch.
        """
        with torch.cuda.stream(self._stream):
            for _ in range(_WARM_UPS):
                compute()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):  # waits for the warm-ups
            output = compute()
        return graph.replay, output


class BucketGraph:
    """The graph for micro-batches up to one size.

    Args:
        bucket: the size.
        compute: `PackedNetwork.shared_states`; its operations must depend on the size alone.
        device: where it runs.
        capture: `GraphPool.capture`.
    """

    def __init__(
        self, bucket: Bucket, compute: ComputeStates, device: torch.device, capture: Capture
    ) -> None:
        self._inputs = BucketInputs(bucket, device)
        self._replay, self._states = capture(lambda: compute(self._inputs.batch))

    def __call__(self, batch: PackedBatch) -> tuple[PackedBatch, SharedStates]:
        """Compute the shared states of a batch on the host.

        Returns:
            The batch on the device, and its states; both are valid until the next call.
        """
        on_device = self._inputs.fill(batch)
        self._replay()
        return on_device, self._states.cut_to(len(on_device.input_ids))


class BucketGraphs:
    """The graphs of all buckets.

    The constructor captures them, which takes some tenths of a second each. The largest comes first, so that
    the pool has the memory that the others need.

    Args:
        buckets: the sizes to capture.
        compute: see `BucketGraph`.
        device: see `BucketGraph`.
        capture: see `BucketGraph`.
    """

    def __init__(
        self, buckets: Sequence[Bucket], compute: ComputeStates, device: torch.device, capture: Capture
    ) -> None:
        descending = sorted(buckets, key=lambda bucket: bucket.tokens, reverse=True)
        self._graphs = {bucket: BucketGraph(bucket, compute, device, capture) for bucket in descending}

    def graph_for(self, batch: PackedBatch) -> BucketGraph | None:
        """Return the graph for a batch; None if no bucket holds it."""
        bucket = smallest_bucket(tuple(self._graphs), batch)
        return self._graphs[bucket] if bucket else None
