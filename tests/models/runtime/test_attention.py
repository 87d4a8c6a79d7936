"""Attention by groups of equal length is attention within each text."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from models.runtime import GroupedAttention
from tests.models.runtime.packed_batches import batch_of, random_states

HEADS, SIZE = 2, 8
# Groups of more texts than are multiplied at a time, and texts that are too long for these products.
LENGTHS = [[3], [2, 2, 5], [4] * 13, [1, 63, 64, 65, 65], [*[2] * 7, 100]]


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
@pytest.mark.parametrize("unused_rows", [0, 5])
def test_tokens_attend_to_their_text(lengths: list[int], unused_rows: int) -> None:
    batch = batch_of(lengths)
    joined = random_states(sum(lengths) + unused_rows, 3 * HEADS * SIZE)
    context = GroupedAttention().self_attention(joined, batch, HEADS)
    assert context.shape == (len(joined), HEADS * SIZE)
    for start, length in zip(batch.starts.tolist(), lengths, strict=True):
        parts = joined[start : start + length].view(length, 3, HEADS, SIZE).permute(1, 2, 0, 3)
        expected = scaled_dot_product_attention(*parts).transpose(0, 1).reshape(length, -1)
        torch.testing.assert_close(context[start : start + length], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_cls_attends_to_its_text(lengths: list[int]) -> None:
    batch, states = batch_of(lengths), random_states(sum(lengths), 12)
    queries = random_states(len(lengths), 5, 12)
    context = GroupedAttention().cls_attention(queries, states, batch)
    for text, (start, length) in enumerate(zip(batch.starts.tolist(), lengths, strict=True)):
        tokens = states[start : start + length]
        expected = (queries[text] @ tokens.T).softmax(-1) @ tokens
        torch.testing.assert_close(context[text], expected, atol=1e-5, rtol=1e-4)
