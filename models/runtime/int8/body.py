"""The body of a quantized bundle on packed micro-batches: the states that `PackedNetwork.shared_states` has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from torch import Tensor
from torch.nn.functional import pad

from models.errors import ModelError
from models.network.shape import NetworkShape
from models.network.weights import NetworkWeights
from models.runtime.attention import Attention
from models.runtime.int8.ir import BodyIr, SegmentPorts, damaged, openvino_runtime, read_segments
from models.runtime.layer import PackedEmbedding
from models.runtime.packed_network import SharedStates
from models.runtime.packing import PackedBatch

# Segments see a multiple of so many tokens: OpenVINO's buffers of each other number stay, 300 MB in the end.
_ROWS: Final = 64
# Each request keeps buffers for the most tokens that it has seen.
_MOST_ROWS: Final = 256

Watch = Callable[[int, Sequence[Tensor]], None]
"""Is told of a segment's number and inputs."""


def body_layers(shape: NetworkShape) -> int:
    """Count the layers of the body: all but the last, which each head has its own way with."""
    return shape.frozen_layers + max(0, shape.shared_layers - 1)


class QuantizedBody:
    """Embeddings, trunk and the shared layers below the last one, on a CPU.

    Products are in 8 bits; embeddings, attention, the residual stream and LayerNorm in fp32. Each thread that
    calls has requests of its own, which compute in one thread each.

    Args:
        ir: of the bundle.
        weights: of the network that it was made of; those of the embeddings are used.
        attention: of a CPU.
        lanes: threads that call at a time.
        watch: told of each segment's number and inputs before it runs, for calibration.

    Raises:
        ModelError: OpenVINO is not installed, or the network is on a GPU.
        BundleError: the graph is damaged, or does not fit the network.
    """

    def __init__(
        self,
        ir: BodyIr,
        weights: NetworkWeights,
        attention: Attention,
        *,
        lanes: int,
        watch: Watch = lambda number, inputs: None,
    ) -> None:
        if any(tensor.device.type != "cpu" for tensor in weights.tensors.values()):
            raise ModelError(
                "the bundle is quantized, and its body runs on a processor: choose the device cpu, or use "
                "the bundle that it was quantized from"
            )
        openvino = openvino_runtime()
        shape = weights.shape
        layers, hidden = body_layers(shape), shape.hidden
        self._attention = attention
        self._embedding = PackedEmbedding(weights)
        self._frozen_layers = shape.frozen_layers
        self._heads = shape.attention_heads
        self._tensor = openvino.Tensor
        self._ports = [SegmentPorts.of(number, layers=layers, hidden=hidden) for number in range(layers + 1)]
        options = {
            "INFERENCE_NUM_THREADS": lanes,
            "NUM_STREAMS": lanes,  # one thread a request
            "ENABLE_CPU_PINNING": False,  # the machine has other work, too
            "INFERENCE_PRECISION_HINT": "f32",  # of what is not quantized: the same on all processors
            "CPU_RUNTIME_CACHE_CAPACITY": 0,  # of what was prepared for a shape; it gains nothing here
        }
        core, segments = openvino.Core(), read_segments(ir, layers=layers, hidden=hidden)
        try:
            self._compiled = [core.compile_model(segment, "CPU", options) for segment in segments]
        except RuntimeError as error:
            raise damaged(ir, error) from None
        self._own = threading.local()
        self._watch = watch

    def __call__(self, batch: PackedBatch) -> SharedStates:
        """Give the states that all heads start from."""
        tokens = len(batch.input_ids)
        states = trunk = pad(self._embedding(batch), (0, 0, 0, -tokens % _ROWS))
        *_, joined = self._run(0, [states])
        for layer in range(1, len(self._compiled)):
            seen = self._attention.self_attention(joined, batch, self._heads)
            states, *joins = self._run(layer, [seen, states])
            joined = joins[0] if joins else joined
            if layer == self._frozen_layers:
                trunk = states
        return SharedStates(trunk, states).first(tokens)

    def _run(self, number: int, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Run a segment between memory of torch: nothing is copied."""
        self._watch(number, inputs)
        request = self._requests()[number]
        outputs = [inputs[0].new_empty(len(inputs[0]), port.width) for port in self._ports[number].outputs]
        for first in range(0, len(inputs[0]), _MOST_ROWS):
            rows = slice(first, first + _MOST_ROWS)
            for place, tensor in enumerate(inputs):
                request.set_input_tensor(place, self._shared(tensor[rows]))
            for place, tensor in enumerate(outputs):
                request.set_output_tensor(place, self._shared(tensor[rows]))
            request.infer()
        return outputs

    def _shared(self, tensor: Tensor) -> Any:
        return self._tensor(tensor.contiguous().numpy(), shared_memory=True)

    def _requests(self) -> list[Any]:
        if not hasattr(self._own, "requests"):
            self._own.requests = [compiled.create_infer_request() for compiled in self._compiled]
        return cast(list[Any], self._own.requests)
