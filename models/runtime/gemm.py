"""Linear layers with prepared weights: layers on the same input joined, in the precision of the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, cast

import torch
from torch import Tensor
from torch.nn import functional

from models.device import Precision, dtype_of
from models.network import Affine

Activation = Callable[[Tensor], Tensor]

_ROWS: Final = 1_024  # rows that oneDNN optimizes the layout of the weights for; any other number works too
# BERT's activations in torch and in oneDNN, where each has an operation and an algorithm.
_ACTIVATIONS: Final[dict[str, tuple[Activation, str, str]]] = {
    "gelu": (functional.gelu, "gelu", "none"),
    "gelu_new": (lambda states: functional.gelu(states, approximate="tanh"), "gelu", "tanh"),
    "relu": (functional.relu, "relu", ""),
}


class Gemm:
    """A product of states with the weights of one or several linear layers.

    On a CPU the weights are reordered for oneDNN once, and the activation is fused into the product.
    `torch.compile` does the same, but compiles for each shape.

    Args:
        layers: linear layers on the same input; their outputs are concatenated.
        precision: of the factors and the result; sums are in fp32.
        activation: `hidden_act` of BERT, or None.
    """

    def __init__(
        self, layers: Sequence[Affine], precision: Precision, *, activation: str | None = None
    ) -> None:
        self._dtype = dtype_of(precision)
        is_single = len(layers) == 1
        weight = layers[0].weight if is_single else torch.cat([layer.weight for layer in layers])
        bias = layers[0].bias if is_single else torch.cat([layer.bias for layer in layers])
        self._weight = weight.to(self._dtype)
        self._bias = bias.to(self._dtype)
        self._activation: Activation | None = None
        self._fused = ("none", "")
        if activation is not None:
            self._activation, *fused = _ACTIVATIONS[activation]
            self._fused = (fused[0], fused[1])
        self._is_reordered = weight.device.type == "cpu" and _can_reorder(self._dtype)
        if self._is_reordered:
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight.contiguous(), _ROWS)

    def __call__(self, states: Tensor) -> Tensor:
        """Return `[tokens or more, out]` for `[tokens, in]`, in the precision of the layer.

        Rows after the last token have no meaning. They limit how many different numbers of rows occur: oneDNN
        generates and keeps code for each.
        """
        if self._is_reordered:
            operation, algorithm = self._fused
            product = torch.ops.mkldnn._linear_pointwise(
                self._with_full_rows(states), self._weight, self._bias, operation, [], algorithm
            )
            return cast(Tensor, product)
        product = functional.linear(states.to(self._dtype), self._weight, self._bias)
        return self._activation(product) if self._activation else product

    def _with_full_rows(self, states: Tensor) -> Tensor:
        rows = len(states)
        full_rows = _round_up(rows)
        if full_rows == rows:
            return states.to(self._dtype)
        padded = states.new_empty(full_rows, states.shape[1], dtype=self._dtype)
        padded[:rows] = states
        padded[rows:] = 0
        return padded


def _round_up(rows: int) -> int:
    step = 64 if rows <= 512 else 256
    return -(-rows // step) * step


@cache
def _can_reorder(dtype: torch.dtype) -> bool:
    """Return True if this build of torch, on this processor, multiplies by weights reordered for oneDNN."""
    states, weight, bias = (torch.ones(shape, dtype=dtype) for shape in ((1, 8), (8, 8), (8,)))
    operations: Any = torch.ops.mkldnn
    try:
        reordered = operations._reorder_linear_weight(weight, 1)
        product = operations._linear_pointwise(states, reordered, bias, "none", [], "")
    except (RuntimeError, AttributeError):
        return False
    return bool((product == 9).all())
