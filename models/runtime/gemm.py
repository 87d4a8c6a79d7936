"""A linear layer with its weights prepared: several layers on one input joined, in the right numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final, cast

import torch
from torch import Tensor
from torch.nn import functional

from models.device import Precision, dtype_of
from models.network.weights import Affine

Activation = Callable[[Tensor], Tensor]

_ROWS: Final = 1_024  # for which oneDNN lays the weights out; others work as well
# BERT's activations, as torch has them, and as oneDNN has them: operation and algorithm.
_ACTIVATIONS: Final[dict[str, tuple[Activation, str, str]]] = {
    "gelu": (functional.gelu, "gelu", "none"),
    "gelu_new": (lambda states: functional.gelu(states, approximate="tanh"), "gelu", "tanh"),
    "relu": (functional.relu, "relu", ""),
}


class Gemm:
    """Multiplies states by the weights of linear layers.

    On a CPU the weights are laid out for oneDNN once, and the activation is part of the product: that is what
    `torch.compile` does as well, here without compiling for each shape.

    Args:
        layers: linear layers on the same input; their outputs come side by side.
        precision: of the factors and the result; sums are in fp32.
        activation: `hidden_act` of BERT, or None.
    """

    def __init__(
        self, layers: Sequence[Affine], precision: Precision, *, activation: str | None = None
    ) -> None:
        self._dtype = dtype_of(precision)
        joined = len(layers) > 1
        weight = torch.cat([layer.weight for layer in layers]) if joined else layers[0].weight
        bias = torch.cat([layer.bias for layer in layers]) if joined else layers[0].bias
        self._weight = weight.to(self._dtype)
        self._bias = bias.to(self._dtype)
        self._activation: Activation | None = None
        self._fused = ("none", "")
        if activation is not None:
            self._activation, *fused = _ACTIVATIONS[activation]
            self._fused = (fused[0], fused[1])
        self._is_laid_out = weight.device.type == "cpu" and _can_lay_out(self._dtype)
        if self._is_laid_out:
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight.contiguous(), _ROWS)

    def __call__(self, states: Tensor) -> Tensor:
        """Give `[tokens or more, out]` for `[tokens, in]`, in the numbers of the precision.

        What comes after the last token means nothing. It is there so that few numbers of rows occur: oneDNN
        makes and keeps code for each.
        """
        if self._is_laid_out:
            operation, algorithm = self._fused
            product = torch.ops.mkldnn._linear_pointwise(
                self._filled_up(states), self._weight, self._bias, operation, [], algorithm
            )
            return cast(Tensor, product)
        product = functional.linear(states.to(self._dtype), self._weight, self._bias)
        return self._activation(product) if self._activation else product

    def _filled_up(self, states: Tensor) -> Tensor:
        rows = len(states)
        full = _full(rows)
        if full == rows:
            return states.to(self._dtype)
        filled = states.new_empty(full, states.shape[1], dtype=self._dtype)
        filled[:rows] = states
        filled[rows:] = 0
        return filled


def _full(rows: int) -> int:
    step = 64 if rows <= 512 else 256
    return -(-rows // step) * step


@cache
def _can_lay_out(dtype: torch.dtype) -> bool:
    """Try out whether this build of torch, on this processor, multiplies by weights laid out for oneDNN."""
    states, weight, bias = (torch.ones(shape, dtype=dtype) for shape in ((1, 8), (8, 8), (8,)))
    operations: Any = torch.ops.mkldnn
    try:
        laid_out = operations._reorder_linear_weight(weight, 1)
        product = operations._linear_pointwise(states, laid_out, bias, "none", [], "")
    except (RuntimeError, AttributeError):
        return False
    return bool((product == 9).all())
