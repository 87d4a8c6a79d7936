"""Attention for GPUs computes what attention by groups does; run on the CPU."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from models.runtime import GroupedAttention
from models.runtime.cuda import PaddedAttention, VarlenAttention, gpu_attention, has_varlen_kernel
from tests.models.runtime.cuda.fake_cuda import checked_varlen_attn
from tests.models.runtime.packed_batches import batch_of, random_states

HEADS, SIZE = 2, 8

any_lengths = st.lists(st.integers(2, 70), min_size=1, max_size=30).map(sorted)


@given(lengths=any_lengths)
@example([2] * 20 + [70])
def test_self_attention_is_that_of_groups(lengths: list[int]) -> None:
    batch, joined = batch_of(lengths), random_states(sum(lengths), 3 * HEADS * SIZE)
    expected = GroupedAttention().self_attention(joined, batch, HEADS)
    torch.testing.assert_close(PaddedAttention().self_attention(joined, batch, HEADS), expected)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpu_attention, "varlen_attn", checked_varlen_attn)
        torch.testing.assert_close(VarlenAttention().self_attention(joined, batch, HEADS), expected)


@given(lengths=any_lengths)
@example([2] * 20 + [70])
def test_attention_at_cls_is_that_of_groups(lengths: list[int]) -> None:
    batch, states = batch_of(lengths), random_states(sum(lengths), 12)
    queries = random_states(len(lengths), 5, 12)
    expected = GroupedAttention().cls_attention(queries, states, batch)
    torch.testing.assert_close(PaddedAttention().cls_attention(queries, states, batch), expected)


def test_a_working_kernel_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_attention, "varlen_attn", checked_varlen_attn)
    assert has_varlen_kernel.__wrapped__(torch.device("cpu"), 32)


def test_a_kernel_with_wrong_results_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_attention, "varlen_attn", lambda query, *_: torch.zeros_like(query))
    assert not has_varlen_kernel.__wrapped__(torch.device("cpu"), 32)


def test_a_missing_kernel_is_not_an_error() -> None:
    assert not has_varlen_kernel.__wrapped__(torch.device("cpu"), 32)


def test_the_kernel_accepts_the_arguments_of_the_engine() -> None:
    batch = batch_of([3, 5, 9]).to(torch.device("meta"))
    joined = torch.empty(17, 3 * HEADS * SIZE, dtype=torch.bfloat16, device="meta")
    context = VarlenAttention().self_attention(joined, batch, HEADS)
    assert context.shape == (17, HEADS * SIZE)
    assert context.dtype == torch.bfloat16
