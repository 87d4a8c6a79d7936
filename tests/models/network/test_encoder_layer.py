"""Attention in separate steps, which training in bfloat16 takes on a CPU, is torch's attention."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from models.network import Architecture, EncoderLayer
from models.network.encoder_layer import attend_in_steps

HEADS, SIZE = 4, 16
ROUNDING = 2.0**-8
"""The largest relative error of a number in bfloat16."""


def draw(batch: int, tokens: int, dtype: torch.dtype, seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shape = (batch, tokens, HEADS, SIZE)
    drawn = [torch.randn(shape, generator=generator).bfloat16() for _ in range(4)]
    return [tensor.to(dtype).transpose(1, 2) for tensor in drawn]


def padding_mask(lengths: Sequence[int]) -> Tensor:
    return torch.arange(max(lengths))[None, None, None] < torch.tensor(lengths)[:, None, None, None]


def position_bias(tokens: int) -> Tensor:
    return torch.randn(1, HEADS, tokens, tokens, generator=torch.Generator().manual_seed(1)).bfloat16()


def with_gradients(attend: object, dtype: torch.dtype, mask: Tensor | None, tokens: int) -> list[Tensor]:
    """Return the output and the gradients of queries, keys and values."""
    *inputs, weight = draw(3, tokens, dtype)
    for tensor in inputs:
        tensor.requires_grad_()
    output = attend(*inputs, mask)  # type: ignore[operator]
    return [output, *torch.autograd.grad(output, inputs, weight)]


def relative_error(actual: Tensor, expected: Tensor) -> float:
    difference = actual.detach().double() - expected.detach().double()
    return float(difference.norm() / expected.detach().double().norm())


@pytest.mark.parametrize("tokens", [1, 5, 17, 64])
@pytest.mark.parametrize("kind", ["none", "bool", "float"])
def test_the_steps_are_torchs_attention_with_its_gradients(tokens: int, kind: str) -> None:
    masks = {
        "none": None,
        "bool": padding_mask([tokens, max(1, tokens // 2), 1]),
        "float": position_bias(tokens),
    }
    mask = masks[kind]
    exact_mask = mask.double() if kind == "float" and mask is not None else mask
    exact = with_gradients(scaled_dot_product_attention, torch.float64, exact_mask, tokens)
    in_fp64 = with_gradients(attend_in_steps, torch.float64, exact_mask, tokens)
    kernel = with_gradients(scaled_dot_product_attention, torch.bfloat16, mask, tokens)
    steps = with_gradients(attend_in_steps, torch.bfloat16, mask, tokens)
    for expected, same, by_kernel, by_steps in zip(exact, in_fp64, kernel, steps, strict=True):
        torch.testing.assert_close(same, expected, atol=1e-12, rtol=1e-12)
        if tokens > 1:  # with one token, the gradients of queries and keys are 0
            assert relative_error(by_steps, expected) < 3 * ROUNDING
            assert relative_error(by_steps, by_kernel) < 4 * ROUNDING


@pytest.mark.parametrize("buckets", [0, 32])
def test_a_layer_in_training_computes_what_it_computes_in_use(buckets: int) -> None:
    architecture = Architecture(
        vocab_size=8,
        hidden_size=HEADS * SIZE,
        num_hidden_layers=1,
        num_attention_heads=HEADS,
        intermediate_size=128,
        max_position_embeddings=32,
        type_vocab_size=2,
        layer_norm_eps=1e-12,
        pad_token_id=0,
        relative_attention_num_buckets=buckets,
    )
    torch.manual_seed(2)
    layer = EncoderLayer(architecture).eval()
    states = torch.randn(3, 9, architecture.hidden_size)
    padding = padding_mask([9, 4, 1])
    added = torch.zeros(padding.shape).masked_fill(~padding, -torch.inf)
    mask = added + position_bias(9).float() if buckets else padding
    with torch.autocast("cpu", torch.bfloat16):
        in_training = layer(states.requires_grad_(), mask)
        with torch.no_grad():
            in_use = layer(states, mask)
    assert in_training.requires_grad
    assert relative_error(in_training.detach(), in_use) < 3 * ROUNDING


def test_dropout_keeps_the_expected_output() -> None:
    torch.manual_seed(3)
    query, key, value, _ = draw(1, 6, torch.float32)
    dropped = torch.stack([attend_in_steps(query, key, value, dropout=0.3) for _ in range(4_000)])
    assert not torch.equal(dropped[0], dropped[1])
    expected = attend_in_steps(query, key, value)
    torch.testing.assert_close(dropped.mean(0), expected, atol=0.08, rtol=0.0)
