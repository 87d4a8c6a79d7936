"""Attention by groups of equal length, or by rectangles, is attention within each text."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from models.runtime import GroupedAttention
from models.runtime.attention import Attention
from models.runtime.cuda import PaddedAttention
from tests.models.runtime.packed_batches import batch_of, random_states

HEADS, SIZE = 2, 8
# Groups of more texts than are multiplied at a time, and texts that are too long for these products.
LENGTHS = [[3], [2, 2, 5], [4] * 13, [1, 63, 64, 65, 65], [*[2] * 7, 100]]


BIASED = [False, True]


def bias_of(heads: int, *, is_biased: bool) -> Tensor | None:
    """Return random biases for up to 128 tokens, or None."""
    return random_states(heads, 128, 128) if is_biased else None


@pytest.mark.parametrize("is_biased", BIASED)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("unused_rows", [0, 5])
@pytest.mark.parametrize("attention", [GroupedAttention(), PaddedAttention()])
def test_tokens_attend_to_their_text(
    attention: Attention, lengths: list[int], unused_rows: int, is_biased: bool
) -> None:
    batch, bias = batch_of(lengths), bias_of(HEADS, is_biased=is_biased)
    joined = random_states(sum(lengths) + unused_rows, 3 * HEADS * SIZE)
    context = attention.self_attention(joined, batch, HEADS, bias)
    assert context.shape == (len(joined), HEADS * SIZE)
    for start, length in zip(batch.starts.tolist(), lengths, strict=True):
        parts = joined[start : start + length].view(length, 3, HEADS, SIZE).permute(1, 2, 0, 3)
        mask = None if bias is None else bias[:, :length, :length]
        expected = scaled_dot_product_attention(*parts, mask).transpose(0, 1).reshape(length, -1)
        torch.testing.assert_close(context[start : start + length], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("is_biased", BIASED)
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("attention", [GroupedAttention(), PaddedAttention()])
def test_cls_attends_to_its_text(attention: Attention, lengths: list[int], is_biased: bool) -> None:
    batch, states = batch_of(lengths), random_states(sum(lengths), 12)
    bias = random_states(5, 128) if is_biased else None
    queries = random_states(len(lengths), 5, 12)
    context = attention.cls_attention(queries, states, batch, bias)
    for text, (start, length) in enumerate(zip(batch.starts.tolist(), lengths, strict=True)):
        tokens = states[start : start + length]
        scores = queries[text] @ tokens.T
        expected = (scores if bias is None else scores + bias[:, :length]).softmax(-1) @ tokens
        torch.testing.assert_close(context[text], expected, atol=1e-5, rtol=1e-4)
