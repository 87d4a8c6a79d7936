"""The graph that a bundle carries of its quantized body, in OpenVINO's format, and its segments.

A body of `n` layers has the segments 0 to `n`. Segment 0 computes queries, keys and values of layer 1 from
the embeddings. Segment `i` continues from the output of attention in layer `i` to the end of that layer, and
computes queries, keys and values of the next one. Attention itself is not in the graph, since
`models.runtime.attention` computes it. So each segment processes packed tokens one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.errors import BundleError
from models.runtime.int8.openvino_runtime import import_openvino

SAFE_WEIGHT: Final = 64
"""The largest absolute value of 8-bit weights whose products overflow on no processor."""

_FIX: Final = "copy the bundle again, or quantize it again"


@dataclass(frozen=True, repr=False)
class BodyIr:
    """The graph of a body.

    Attributes:
        graph: its operations, as OpenVINO's XML.
        weights: the constants that these refer to.
        source: where they come from, for messages.
    """

    graph: bytes
    weights: bytes
    source: str


@dataclass(frozen=True)
class Port:
    """An input or output of a segment: `[tokens, width]`, fp32."""

    name: str
    width: int


@dataclass(frozen=True)
class SegmentPorts:
    """The inputs and outputs of a segment."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    @classmethod
    def of(cls, number: int, *, layers: int, hidden: int) -> SegmentPorts:
        """Return the ports of a segment.

        Inputs are the embeddings; or the output of attention, and the states that attention started from.
        Outputs are the states after the layer, then queries, keys and values of the next one side by side.

        Args:
            number: of the segment, from 0 to `layers`.
            layers: of the body.
            hidden: width of the states.
        """
        if number == 0:
            inputs, outputs = [Port("embedded", hidden)], []
        else:
            inputs = [Port(f"seen_{number}", hidden), Port(f"before_{number}", hidden)]
            outputs = [Port(f"states_{number}", hidden)]
        if number < layers:
            outputs.append(Port(f"joined_{number + 1}", 3 * hidden))
        return cls(tuple(inputs), tuple(outputs))


@dataclass(frozen=True)
class Segments:
    """A graph that was read and cut.

    Attributes:
        models: an `openvino.Model` for each segment.
        has_safe_weights: whether no product of the 8-bit weights overflows on any processor; see
            `openvino_runtime.products_overflow`.
    """

    models: list[Any]
    has_safe_weights: bool


def read_segments(ir: BodyIr, *, layers: int, hidden: int) -> Segments:
    """Read a graph and cut it into its segments.

    Args:
        ir: the graph of a bundle.
        layers: of the body.
        hidden: width of the states.

    Raises:
        ModelError: OpenVINO is not installed.
        BundleError: the graph cannot be read, or belongs to another network.
    """
    openvino = import_openvino()
    if not layers:
        raise BundleError(f"{ir.source} is for a network of a single layer, which has no body: {_FIX}")
    try:
        model = openvino.Core().read_model(ir.graph, ir.weights)
        inputs = {name: node for node in model.get_parameters() for name in node.output(0).get_names()}
        outputs = {name: node for node in model.get_results() for name in node.input_value(0).get_names()}
        has_safe_weights = _largest_weight(model, openvino.Type.i8) <= SAFE_WEIGHT
    except (RuntimeError, ValueError, TypeError) as error:
        raise unusable_graph(ir, error) from None
    models = []
    for number in range(layers + 1):
        ports = SegmentPorts.of(number, layers=layers, hidden=hidden)
        for port, node in [
            *((port, inputs.get(port.name)) for port in ports.inputs),
            *((port, outputs.get(port.name)) for port in ports.outputs),
        ]:
            if node is None or str(node.output(0).get_partial_shape()) != f"[?,{port.width}]":
                raise BundleError(
                    f"{ir.source} lacks {port.name!r} of the width {port.width}, "
                    f"or has it in another shape: {_FIX}"
                )
        try:
            models.append(
                openvino.Model(
                    [outputs[port.name] for port in ports.outputs],
                    [inputs[port.name] for port in ports.inputs],
                    f"segment {number}",
                )
            )
        except RuntimeError as error:
            raise unusable_graph(ir, error) from None
    return Segments(models, has_safe_weights)


def unusable_graph(ir: BodyIr, error: Exception) -> BundleError:
    """Return the error for a graph that OpenVINO cannot use, with the end of OpenVINO's long message."""
    message = " ".join(str(error).split())
    return BundleError(f"{ir.source} cannot be used by OpenVINO ({message[-200:]}): {_FIX}")


def _largest_weight(model: Any, int8: Any) -> int:
    """Return the largest absolute value of the 8-bit constants, or 0 if there are none."""
    constants = (node for node in model.get_ordered_ops() if node.get_type_name() == "Constant")
    weights = (node.get_data() for node in constants if node.get_element_type() == int8)
    return max((int(np.abs(weight.astype(np.int16)).max()) for weight in weights if weight.size), default=0)
