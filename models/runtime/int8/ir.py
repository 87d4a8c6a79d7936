"""OpenVINO, where it is installed: the one place that imports it.

What a bundle carries of its quantized body: a graph in OpenVINO's format, cut where attention comes in.

A body of `n` layers has the segments 0 to `n`. Segment 0 makes queries, keys and values of layer 1 from the
embeddings; segment `i` goes on from what attention of layer `i` saw to the end of that layer, and makes those
of the next one. Attention itself is not in it: it is ours (`models.runtime.attention`), and so each segment
takes packed tokens, which it sees one by one.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any, Final, cast

from models.errors import BundleError, ModelError

EXTRA = "pip install 'ade-monitor[openvino]'"


def openvino_runtime() -> Any:
    """Import OpenVINO without its telemetry.

    As it comes, importing it reports that over the network, and writes an identifier into the home directory.
    A program that reads what people say of their health does neither, so its telemetry is kept from being
    imported; OpenVINO then does without, as where that package is not installed.

    Raises:
        ModelError: it is not installed, or does not work on this machine.
    """
    cast(dict[str, Any], sys.modules).setdefault("openvino_telemetry", None)
    try:
        return importlib.import_module("openvino")
    except ImportError as error:
        raise ModelError(
            f"a quantized bundle runs by OpenVINO, which cannot be imported ({error}): run `{EXTRA}`, or use "
            "the bundle that it was quantized from"
        ) from None


_MEND: Final = "copy the bundle again, or quantize it again"


@dataclass(frozen=True, repr=False)
class BodyIr:
    """The graph of a body.

    Attributes:
        graph: its operations, as OpenVINO's XML.
        weights: the numbers that these refer to.
        source: where they are from, for messages.
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
    """What goes into a segment and what comes out."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]

    @classmethod
    def of(cls, number: int, *, layers: int, hidden: int) -> SegmentPorts:
        """Give those of a segment of a body with so many layers.

        In: the embeddings, or what attention saw and the states that it started from. Out: the states after
        the layer, then queries, keys and values of the next one side by side.
        """
        if number == 0:
            inputs, outputs = [Port("embedded", hidden)], []
        else:
            inputs = [Port(f"seen_{number}", hidden), Port(f"before_{number}", hidden)]
            outputs = [Port(f"states_{number}", hidden)]
        if number < layers:
            outputs.append(Port(f"joined_{number + 1}", 3 * hidden))
        return cls(tuple(inputs), tuple(outputs))


def read_segments(ir: BodyIr, *, layers: int, hidden: int) -> list[Any]:
    """Read a graph and cut it into its segments.

    Args:
        ir: of a bundle.
        layers: of the body.
        hidden: width of the states.

    Returns:
        An `openvino.Model` for each segment.

    Raises:
        ModelError: OpenVINO is not installed.
        BundleError: the graph cannot be read, or is not that of such a body.
    """
    openvino = openvino_runtime()
    if not layers:
        raise BundleError(f"{ir.source} is for a network of a single layer, which has no body: {_MEND}")
    try:
        model = openvino.Core().read_model(ir.graph, ir.weights)
        parameters = {name: part for part in model.get_parameters() for name in part.output(0).get_names()}
        results = {name: part for part in model.get_results() for name in part.input_value(0).get_names()}
    except (RuntimeError, ValueError, TypeError) as error:
        raise damaged(ir, error) from None
    segments = []
    for number in range(layers + 1):
        ports = SegmentPorts.of(number, layers=layers, hidden=hidden)
        for port, found in [
            *((port, parameters.get(port.name)) for port in ports.inputs),
            *((port, results.get(port.name)) for port in ports.outputs),
        ]:
            if found is None or str(found.output(0).get_partial_shape()) != f"[?,{port.width}]":
                raise BundleError(
                    f"{ir.source} lacks {port.name!r} of the width {port.width}, "
                    f"or has it in another shape: {_MEND}"
                )
        try:
            segments.append(
                openvino.Model(
                    [results[port.name] for port in ports.outputs],
                    [parameters[port.name] for port in ports.inputs],
                    f"segment {number}",
                )
            )
        except RuntimeError as error:
            raise damaged(ir, error) from None
    return segments


def damaged(ir: BodyIr, error: Exception) -> BundleError:
    """Say that OpenVINO cannot use a graph; its own words are many."""
    told = " ".join(str(error).split())
    return BundleError(f"{ir.source} cannot be used by OpenVINO ({told[-200:]}): {_MEND}")
