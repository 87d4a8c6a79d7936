"""Attention over packed tokens, group by group: no text sees another one, and nothing is masked."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from models.engine.packing import PackedBatch


class Attention(Protocol):
    """How the tokens of a text look at each other; a matter of the device."""

    def among_all(self, joined: Tensor, batch: PackedBatch, heads: int) -> Tensor:
        """Let each token look at all tokens of its text.

        Args:
            joined: queries, keys and values side by side: `[tokens, 3 · hidden]`.
            batch: which token is of which text.
            heads: of the layer.

        Returns:
            `[tokens, hidden]`, in the numbers of `joined`.
        """
        ...

    def from_cls(self, sought: Tensor, states: Tensor, batch: PackedBatch) -> Tensor:
        """Let each text's [CLS] look at all tokens of its text, for any number of heads.

        Args:
            sought: what each head seeks in the states, `Kᵀ q` and already scaled: `[texts, heads, hidden]`.
            states: `[tokens, hidden]`.
            batch: which token is of which text.

        Returns:
            The weighted sum of the states for each head: `[texts, heads, hidden]`.
        """
        ...


class GroupedAttention:
    """By groups of exact length; the quickest on a CPU (`docs/performance.md`)."""

    def among_all(self, joined: Tensor, batch: PackedBatch, heads: int) -> Tensor:
        """See `Attention`."""
        hidden = joined.shape[1] // 3
        seen = joined.new_empty(len(joined), hidden)
        for group in batch.groups:
            # [tokens, 3 · hidden] to three times [texts, heads, length, head]
            parts = joined[group.tokens].view(group.texts, group.length, 3, heads, hidden // heads)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            found = scaled_dot_product_attention(query, key, value)
            seen[group.tokens].view(group.texts, group.length, heads, -1).copy_(found.transpose(1, 2))
        return seen

    def from_cls(self, sought: Tensor, states: Tensor, batch: PackedBatch) -> Tensor:
        """See `Attention`."""
        seen = torch.empty_like(sought)
        for group in batch.groups:
            tokens = states[group.tokens].view(group.texts, group.length, -1)
            weights = torch.bmm(sought[group.rows], tokens.transpose(1, 2)).softmax(-1)
            torch.bmm(weights, tokens, out=seen[group.rows])
        return seen
