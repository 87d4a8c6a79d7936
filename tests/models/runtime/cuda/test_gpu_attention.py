"""Attention as a GPU does it sees what attention by exact lengths sees; tried on the CPU."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor

from models.runtime.attention import GroupedAttention
from models.runtime.cuda import PaddedAttention, VarlenAttention, gpu_attention, has_varlen_kernel
from models.runtime.packing import PackedBatch, padded_parts
from tests.models.runtime.cuda.fake_cuda import checked_varlen_attn

HEADS, HEAD = 2, 8

any_lengths = st.lists(st.integers(2, 70), min_size=1, max_size=30).map(sorted)


def batch_of(lengths: Sequence[int]) -> PackedBatch:
    """Give texts of such lengths, ascending; their ids are all 1."""
    tokens = sum(lengths)
    positions = torch.tensor([place for length in lengths for place in range(length)])
    bounds = torch.tensor([*itertools.accumulate(lengths, initial=0)], dtype=torch.int32)
    ones, zeros = torch.ones(tokens, dtype=torch.long), torch.zeros(tokens, dtype=torch.long)
    return PackedBatch(tuple(range(len(lengths))), tuple(lengths), ones, zeros, positions, bounds)


def random_states(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))


@given(lengths=any_lengths)
@example([2] * 20 + [70])
def test_tokens_see_the_same_by_any_attention(lengths: list[int]) -> None:
    batch, joined = batch_of(lengths), random_states(sum(lengths), 3 * HEADS * HEAD)
    wanted = GroupedAttention().self_attention(joined, batch, HEADS)
    torch.testing.assert_close(PaddedAttention().self_attention(joined, batch, HEADS), wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpu_attention, "varlen_attn", checked_varlen_attn)
        torch.testing.assert_close(VarlenAttention().self_attention(joined, batch, HEADS), wanted)


@given(lengths=any_lengths)
@example([2] * 20 + [70])
def test_cls_sees_the_same_by_any_attention(lengths: list[int]) -> None:
    batch, states = batch_of(lengths), random_states(sum(lengths), 12)
    sought = random_states(len(lengths), 5, 12)
    wanted = GroupedAttention().cls_attention(sought, states, batch)
    torch.testing.assert_close(PaddedAttention().cls_attention(sought, states, batch), wanted)


@given(lengths=st.lists(st.integers(1, 512), min_size=1, max_size=60).map(sorted))
def test_no_rectangle_is_more_than_half_padding(lengths: list[int]) -> None:
    batch, texts, tokens = batch_of(lengths), 0, 0
    for part in padded_parts(batch):
        assert (part.text_slice.start, part.token_slice.start) == (texts, tokens)
        texts, tokens = part.text_slice.stop, part.token_slice.stop
        assert part.shape[0] * part.shape[1] <= 2 * (part.token_slice.stop - part.token_slice.start)
    assert (texts, tokens) == (len(lengths), sum(lengths))


def test_a_kernel_that_works_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_attention, "varlen_attn", checked_varlen_attn)
    assert has_varlen_kernel.__wrapped__(torch.device("cpu"), 32)


def test_a_kernel_that_gives_something_else_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_attention, "varlen_attn", lambda query, *_: torch.zeros_like(query))
    assert not has_varlen_kernel.__wrapped__(torch.device("cpu"), 32)


def test_where_there_is_no_kernel_that_is_told_and_no_more() -> None:
    assert not has_varlen_kernel.__wrapped__(torch.device("cpu"), 32)


def test_the_kernels_own_checks_accept_what_it_is_asked() -> None:
    batch = batch_of([3, 5, 9]).to(torch.device("meta"))
    joined = torch.empty(17, 3 * HEADS * HEAD, dtype=torch.bfloat16, device="meta")
    seen = VarlenAttention().self_attention(joined, batch, HEADS)
    assert seen.shape == (17, HEADS * HEAD)
    assert seen.dtype == torch.bfloat16
