"""What of an engine depends on the device: attention, the size of micro-batches, and the lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import torch

from models.device import Precision
from models.errors import ModelError
from models.network.shape import NetworkShape
from models.runtime.attention import Attention, GroupedAttention
from models.runtime.lanes import Lane, PlainLane
from models.runtime.packed_network import PackedNetwork

TOKEN_BUDGET: Final = 2_048  # of a micro-batch on a CPU: fewer waste its units, more leave its caches
GPU_TOKEN_BUDGET: Final = 16_384  # that many keep even a large GPU busy
GPU_LANES: Final = 2  # one computes while the other one's results are read and its next inputs are copied


@dataclass(frozen=True)
class Placement:
    """How an engine runs on a device.

    Attributes:
        attention: of the device and the numbers.
        lanes: how many there are.
        token_budget: tokens of a micro-batch.
        text_budget: texts of a micro-batch, None for any number; what [CLS] seeks in the states takes memory
            for each text, so that a GPU's is bounded by this.
        lane: makes one of them, over the network on the device.
        lane_bytes: of a GPU that a lane takes at most, beside the weights; 0 where that does not matter.
    """

    attention: Attention
    lanes: int
    token_budget: int
    text_budget: int | None
    lane: Callable[[PackedNetwork], Lane]
    lane_bytes: int = 0

    @contextmanager
    def explain_out_of_memory(self) -> Iterator[None]:
        """Say of what is made within where a GPU has too little memory for it.

        Raises:
            ModelError: it has.
        """
        try:
            yield
        except torch.OutOfMemoryError:
            needed = self.lanes * self.lane_bytes / 1e9
            raise ModelError(
                f"the GPU has too little free memory, {needed:.1f} GB or more are needed beside the weights: "
                "run fewer processes on it, or use the device cpu"
            ) from None


def placement(
    shape: NetworkShape,
    device: torch.device,
    precision: Precision,
    *,
    lanes: int | None = None,
    token_budget: int | None = None,
    graphs: bool = False,
) -> Placement:
    """Decide how a network is run.

    Args:
        shape: of the network.
        device: where.
        precision: of products.
        lanes: how many micro-batches at a time; by default as many as torch has threads, two on a GPU.
        token_budget: tokens of a micro-batch; by default what suits the device.
        graphs: on a GPU with the varlen kernel: capture the front of the network as CUDA graphs.
    """
    if device.type == "cuda":
        return _on_gpu(
            shape, device, precision, lanes or GPU_LANES, token_budget or GPU_TOKEN_BUDGET, graphs=graphs
        )
    return Placement(
        GroupedAttention(),
        lanes or torch.get_num_threads(),
        token_budget or TOKEN_BUDGET,
        None,
        lambda packed: PlainLane(device, packed),
    )


def _on_gpu(
    shape: NetworkShape, device: torch.device, precision: Precision, lanes: int, budget: int, *, graphs: bool
) -> Placement:
    # The varlen kernel brings torch's compiler along: a second and 70 MB, which a CPU has no use for.
    from models.runtime.cuda import PaddedAttention, StreamLane, VarlenAttention, has_varlen_kernel
    from models.runtime.cuda.buckets import buckets, most_texts
    from models.runtime.cuda.stream_lane import lane_bytes

    is_varlen = precision == "bf16" and has_varlen_kernel(device, shape.head_size)
    sizes = buckets(budget)
    captured = sizes if graphs and is_varlen else ()
    return Placement(
        VarlenAttention() if is_varlen else PaddedAttention(),
        lanes,
        budget,
        most_texts(budget),
        lambda packed: StreamLane(device, packed, captured),
        lane_bytes(shape, sizes),
    )
