"""Prepared linear layers compute what plain ones do, for any number of rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from models.network import Affine
from models.runtime.gemm import Gemm
from tests.models.runtime.packed_batches import random_states


def layer_of(outputs: int) -> Affine:
    return Affine(random_states(outputs, 16), random_states(outputs))


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 512, 513, 768, 769])
def test_the_first_rows_are_the_product(rows: int) -> None:
    states, layer = random_states(rows, 16), layer_of(8)
    product = Gemm([layer], "fp32")(states)
    torch.testing.assert_close(product[:rows], functional.linear(states, *layer), atol=1e-4, rtol=1e-4)


def test_outputs_of_several_layers_are_concatenated() -> None:
    states, layers = random_states(5, 16), [layer_of(8), layer_of(3)]
    expected = torch.cat([functional.linear(states, *layer) for layer in layers], -1)
    product = Gemm(layers, "fp32")(states)[:5]
    torch.testing.assert_close(product, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("gelu", functional.gelu),
        ("gelu_new", lambda values: functional.gelu(values, approximate="tanh")),
        ("relu", functional.relu),
    ],
)
def test_an_activation_is_applied_to_the_product(name: str, activation: Callable[[Tensor], Tensor]) -> None:
    states, layer = random_states(7, 16), layer_of(8)
    product = Gemm([layer], "fp32", activation=name)(states)[:7]
    expected = activation(functional.linear(states, *layer))
    torch.testing.assert_close(product, expected, atol=1e-4, rtol=1e-4)
