"""The body of a network as an OpenVINO graph in fp32, from which post-training quantization starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from models.network import Affine, NetworkPart, NetworkWeights
from models.runtime.int8 import Port, SegmentPorts, body_layers, import_openvino


def build_body_graph(weights: NetworkWeights) -> Any:
    """Build the segments of a network's body; see `models.runtime.int8.body_ir`.

    Returns:
        An `openvino.Model` with the inputs and outputs of all segments.
    """
    return _GraphBuilder(weights).build()


class _GraphBuilder:
    def __init__(self, weights: NetworkWeights) -> None:
        self._openvino = import_openvino()
        self._ops = self._openvino.opset13
        self._shape = shape = weights.shape
        trunk = weights.layers("trunk", shape.frozen_layers)
        self._layers = [*trunk, *weights.layers("shared", shape.shared_layers)][: body_layers(shape)]
        self._parameters: list[Any] = []
        self._results: list[Any] = []

    def build(self) -> Any:
        layers = self._layers
        for number in range(len(layers) + 1):
            ports = SegmentPorts.of(number, layers=len(layers), hidden=self._shape.hidden)
            inputs = [self._add_input(port) for port in ports.inputs]
            outputs = [] if number == 0 else [self._after_attention(layers[number - 1], *inputs)]
            if number < len(layers):
                states = outputs[0] if outputs else inputs[0]
                outputs.append(self._queries_keys_values(layers[number], states))
            for port, node in zip(ports.outputs, outputs, strict=True):
                self._add_output(port, node)
        return self._openvino.Model(self._results, self._parameters, "body")

    def _queries_keys_values(self, layer: NetworkPart, states: Any) -> Any:
        attention = layer.part("attention.self")
        return self._linear(states, [attention.affine(name) for name in ("query", "key", "value")])

    def _after_attention(self, layer: NetworkPart, context: Any, before: Any) -> Any:
        added = self._ops.add(before, self._linear(context, [layer.affine("attention.output.dense")]))
        attended = self._layer_norm(added, layer.affine("attention.output.LayerNorm"))
        wide = self._activation(self._linear(attended, [layer.affine("intermediate.dense")]))
        narrow = self._linear(wide, [layer.affine("output.dense")])
        return self._layer_norm(self._ops.add(attended, narrow), layer.affine("output.LayerNorm"))

    def _linear(self, states: Any, layers: Sequence[Affine]) -> Any:
        weight = self._constant(torch.cat([layer.weight for layer in layers]))
        bias = self._constant(torch.cat([layer.bias for layer in layers])[None])
        return self._ops.add(self._ops.matmul(states, weight, False, True), bias)

    def _activation(self, states: Any) -> Any:
        if self._shape.activation == "relu":
            return self._ops.relu(states)
        return self._ops.gelu(states, "tanh" if self._shape.activation == "gelu_new" else "erf")

    def _layer_norm(self, states: Any, norm: Affine) -> Any:
        last_axis = self._constant(torch.tensor([1]))
        normal = self._ops.mvn(states, last_axis, True, self._shape.epsilon, "inside_sqrt")
        scaled = self._ops.multiply(normal, self._constant(norm.weight[None]))
        return self._ops.add(scaled, self._constant(norm.bias[None]))

    def _constant(self, tensor: Tensor) -> Any:
        return self._ops.constant(tensor.numpy())

    def _add_input(self, port: Port) -> Any:
        shape = self._openvino.PartialShape([-1, port.width])
        parameter = self._ops.parameter(shape, self._openvino.Type.f32, name=port.name)
        parameter.output(0).set_names({port.name})
        self._parameters.append(parameter)
        return parameter

    def _add_output(self, port: Port, node: Any) -> None:
        node.output(0).set_names({port.name})
        self._results.append(self._ops.result(node.output(0), name=f"{port.name}/result"))
