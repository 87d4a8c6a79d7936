"""The body of a quantized bundle on packed micro-batches: it computes `PackedNetwork.shared_states`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from torch import Tensor
from torch.nn.functional import pad

from models.errors import ModelError
from models.network import NetworkShape, NetworkWeights
from models.runtime.attention import Attention
from models.runtime.int8.body_ir import BodyIr, SegmentPorts, read_segments, unusable_graph
from models.runtime.int8.openvino_runtime import import_openvino, products_overflow
from models.runtime.layer import PackedEmbedding, position_bias
from models.runtime.packed_network import SharedStates
from models.runtime.packing import PackedBatch

# Inputs are padded to a multiple of this many tokens. OpenVINO keeps buffers for each number of tokens that
# it has seen: without padding, 300 MB in the end.
_ROWS: Final = 64
# A request keeps buffers for the most tokens that it has seen, so longer inputs are split.
_MOST_ROWS: Final = 256

Watch = Callable[[int, Sequence[Tensor]], None]
"""Called with a segment's number and its inputs."""


def body_layers(shape: NetworkShape) -> int:
    """Count the layers of the body: all but the last one, of which each head has its own."""
    return shape.frozen_layers + max(0, shape.shared_layers - 1)


class QuantizedBody:
    """The embeddings, the trunk and the shared layers below the last one, on a CPU.

    Products are in 8 bits; embeddings, attention, the residual stream and LayerNorm in fp32. Each calling
    thread has its own requests, and each request computes in one thread.

    Args:
        ir: the graph of a bundle.
        weights: of the network that was quantized; only those of the embeddings are used.
        attention: for a CPU.
        lanes: number of threads that call at the same time.
        watch: called with each segment's number and inputs before it runs, for calibration.

    Raises:
        ModelError: OpenVINO is not installed, the network is on a GPU, or products of these weights overflow
            on this processor.
        BundleError: the graph is damaged, or belongs to another network.
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
                "a quantized bundle runs on a CPU only: choose the device cpu, or use the bundle that it was "
                "quantized from"
            )
        openvino = import_openvino()
        shape = weights.shape
        layers, hidden = body_layers(shape), shape.hidden
        self._attention = attention
        self._embedding = PackedEmbedding(weights)
        self._bias = position_bias(weights)
        self._frozen_layers = shape.frozen_layers
        self._heads = shape.attention_heads
        self._tensor = openvino.Tensor
        self._ports = [SegmentPorts.of(number, layers=layers, hidden=hidden) for number in range(layers + 1)]
        options = {
            "INFERENCE_NUM_THREADS": lanes,
            "NUM_STREAMS": lanes,  # one thread for each request
            "ENABLE_CPU_PINNING": False,  # the machine has other work, too
            "INFERENCE_PRECISION_HINT": "f32",  # of everything that is not quantized, on all processors
            "CPU_RUNTIME_CACHE_CAPACITY": 0,  # caching code for numbers of tokens gains nothing here
        }
        segments = read_segments(ir, layers=layers, hidden=hidden)
        if not segments.has_safe_weights and products_overflow():
            raise ModelError(
                f"{ir.source} has weights of full 8 bits, whose products overflow on this processor without "
                "VNNI: quantize the bundle again with this version, or use the bundle that it was quantized "
                "from"
            )
        core = openvino.Core()
        try:
            self._compiled = [core.compile_model(model, "CPU", options) for model in segments.models]
        except RuntimeError as error:
            raise unusable_graph(ir, error) from None
        self._of_thread = threading.local()
        self._watch = watch

    def __call__(self, batch: PackedBatch) -> SharedStates:
        """Return the states that all heads start from."""
        tokens = len(batch.input_ids)
        states = trunk = pad(self._embedding(batch), (0, 0, 0, -tokens % _ROWS))
        *_, joined = self._run(0, [states])
        for layer in range(1, len(self._compiled)):
            context = self._attention.self_attention(joined, batch, self._heads, self._bias)
            states, *following = self._run(layer, [context, states])
            joined = following[0] if following else joined
            if layer == self._frozen_layers:
                trunk = states
        return SharedStates(trunk, states).cut_to(tokens)

    def _run(self, number: int, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Run a segment. OpenVINO reads and writes torch's memory, so nothing is copied."""
        self._watch(number, inputs)
        request = self._requests()[number]
        outputs = [inputs[0].new_empty(len(inputs[0]), port.width) for port in self._ports[number].outputs]
        for first in range(0, len(inputs[0]), _MOST_ROWS):
            rows = slice(first, first + _MOST_ROWS)
            for port, tensor in enumerate(inputs):
                request.set_input_tensor(port, self._without_copy(tensor[rows]))
            for port, tensor in enumerate(outputs):
                request.set_output_tensor(port, self._without_copy(tensor[rows]))
            request.infer()
        return outputs

    def _without_copy(self, tensor: Tensor) -> Any:
        return self._tensor(tensor.contiguous().numpy(), shared_memory=True)

    def _requests(self) -> list[Any]:
        if not hasattr(self._of_thread, "requests"):
            self._of_thread.requests = [compiled.create_infer_request() for compiled in self._compiled]
        return cast(list[Any], self._of_thread.requests)
