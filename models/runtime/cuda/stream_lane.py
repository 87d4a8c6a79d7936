"""The lane of a GPU: a stream of its own for one micro-batch at a time, and the memory that this takes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from models.network import NetworkShape
from models.runtime.cuda.buckets import Bucket
from models.runtime.cuda.graphs import BucketGraphs, GraphPool
from models.runtime.packed_network import PackedNetwork, SharedStates
from models.runtime.packing import PackedBatch


class StreamLane:
    """Computes one micro-batch at a time on its own stream; a `Lane`.

    While it waits for its results, another lane's inputs are copied and its kernels run. The lane waits for
    nothing else, and its thread sleeps meanwhile, so that it holds neither a core nor Python's lock.

    Args:
        device: a GPU.
        network: on that GPU.
        buckets: sizes to capture graphs for. Without any, or if no bucket holds a batch, the kernels are
            launched one by one, with the same results.
    """

    def __init__(self, device: torch.device, network: PackedNetwork, buckets: Sequence[Bucket] = ()) -> None:
        self._device = device
        self._network = network
        with torch.cuda.device(device), torch.inference_mode():
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            self._results_ready = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            self._stream.wait_stream(torch.cuda.current_stream(device))  # it copies the weights
            pool = GraphPool(self._stream)
            self._graphs = BucketGraphs(buckets, network.shared_states, device, pool.capture)

    def step_context(self) -> AbstractContextManager[None]:
        """Return the context in which a thread's operations go to this stream."""
        return torch.cuda.stream(self._stream)

    def to_device(self, batch: PackedBatch) -> PackedBatch:
        """Copy a batch to the GPU."""
        return batch.to(self._device)

    def shared_states(self, batch: PackedBatch) -> tuple[PackedBatch, SharedStates]:
        """Compute the shared states of a batch; see `Lane`."""
        graph = self._graphs.graph_for(batch)
        if graph is not None:
            return graph(batch)
        on_device = self.to_device(batch)
        return on_device, self._network.shared_states(on_device)

    def to_host(self, values: Tensor) -> Tensor:
        """Copy values to the CPU through pinned memory, and wait until they are complete."""
        copied = values.contiguous().to("cpu", non_blocking=True)
        self._results_ready.record(self._stream)
        self._results_ready.synchronize()
        return copied


def estimate_lane_bytes(shape: NetworkShape, buckets: Sequence[Bucket]) -> int:
    """Return the most memory that a lane takes in bfloat16, without the weights.

    Its parts:

    - the shared states, at the widest point of the feed-forward part. For each token and unit of width: 4
      bytes each for the input of the layer, the output of attention and the trunk's states, 2 for copies in
      bfloat16, and twice 2 for the wide product, before and after its activation. The graphs of a lane share
      this memory.
    - the outputs of the graphs of all buckets, at most two states of 4 bytes for each token.
    - the heads: texts padded to at most twice their size, and the queries and results of each attention head
      of each classifier at [CLS], in fp32; after them the Extractor, possibly on all texts.
    - with a position bias: the scores that are added in attention, for texts padded to at most twice their
      size, in 2 bytes.

    The allocator's rounding and gaps come on top, and CUDA itself once for each process.

    Args:
        shape: of the network.
        buckets: the sizes of micro-batches.
    """
    tokens = max(bucket.tokens for bucket in buckets)
    texts = max(bucket.texts for bucket in buckets)
    shared = tokens * (14 * shape.hidden + 4 * shape.intermediate)
    outputs = sum(bucket.tokens for bucket in buckets) * 8 * shape.hidden
    queries = texts * shape.attention_heads * shape.classifiers * shape.hidden
    votes = 12 * tokens * shape.hidden + 10 * queries
    extraction = tokens * (10 * shape.hidden + 4 * shape.intermediate)
    bias = 4 * tokens * shape.attention_heads * shape.positions if shape.position_buckets else 0
    return shared + outputs + bias + max(votes, extraction)
