"""What depends on the device of an engine: attention, the size of micro-batches, and the lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import torch

from models.device import Precision
from models.errors import ModelError
from models.network import NetworkShape
from models.runtime.attention import Attention, GroupedAttention
from models.runtime.lanes import Lane, ThreadLane
from models.runtime.packed_network import PackedNetwork

# Of a micro-batch on a CPU: fewer tokens leave its vector units idle, more do not fit into its caches.
TOKEN_BUDGET: Final = 2_048
GPU_TOKEN_BUDGET: Final = 16_384  # enough to keep even a large GPU busy
GPU_LANES: Final = 2  # one computes while the other copies its results and its next inputs


@dataclass(frozen=True)
class Placement:
    """How an engine runs on a device.

    Attributes:
        attention: for the device and the precision.
        lanes: number of lanes.
        token_budget: most tokens of a micro-batch.
        text_budget: most texts of a micro-batch, or None for no limit. It bounds the memory of a GPU, since
            the queries at [CLS] take memory for each text.
        make_lane: returns a new lane for a network on the device.
        lane_bytes: most memory of a GPU that a lane takes, without the weights; 0 on a CPU.
    """

    attention: Attention
    lanes: int
    token_budget: int
    text_budget: int | None
    make_lane: Callable[[PackedNetwork], Lane]
    lane_bytes: int = 0

    @contextmanager
    def explain_out_of_memory(self) -> Iterator[None]:
        """Raise an error with the amount of memory that is needed if a GPU runs out of it inside the block.

        Raises:
            ModelError: the GPU has too little memory.
        """
        try:
            yield
        except torch.OutOfMemoryError:
            needed = self.lanes * self.lane_bytes / 1e9
            raise ModelError(
                f"the GPU has too little free memory: the engine needs {needed:.1f} GB or more in addition "
                "to the weights; run fewer processes on it, or use the device cpu"
            ) from None


def choose_placement(
    shape: NetworkShape,
    device: torch.device,
    precision: Precision,
    *,
    lanes: int | None = None,
    token_budget: int | None = None,
    graphs: bool = False,
) -> Placement:
    """Return how a network runs best on a device.

    Args:
        shape: of the network.
        device: a CPU or a GPU.
        precision: of matrix products.
        lanes: micro-batches at a time; by default the number of torch's threads, and two on a GPU.
        token_budget: most tokens of a micro-batch; by default what suits the device.
        graphs: capture CUDA graphs on a GPU that has the varlen kernel, of an encoder that it computes.
    """
    if device.type == "cuda":
        return _place_on_gpu(
            shape, device, precision, lanes or GPU_LANES, token_budget or GPU_TOKEN_BUDGET, graphs=graphs
        )
    return Placement(
        GroupedAttention(),
        lanes or torch.get_num_threads(),
        token_budget or TOKEN_BUDGET,
        None,
        lambda network: ThreadLane(device, network),
    )


def _place_on_gpu(
    shape: NetworkShape, device: torch.device, precision: Precision, lanes: int, budget: int, *, graphs: bool
) -> Placement:
    # The varlen kernel loads torch's compiler: a second and 70 MB, which a CPU does not need.
    from models.runtime import cuda

    is_varlen = (
        precision == "bf16" and not shape.position_buckets and cuda.has_varlen_kernel(device, shape.head_size)
    )
    buckets = cuda.make_buckets(budget)
    captured = buckets if graphs and is_varlen else ()
    return Placement(
        cuda.VarlenAttention() if is_varlen else cuda.PaddedAttention(),
        lanes,
        budget,
        cuda.max_texts(budget),
        lambda network: cuda.StreamLane(device, network, captured),
        cuda.estimate_lane_bytes(shape, buckets),
    )
