"""Attention over rectangles with a mask: for any device, and any numbers."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from models.engine.packing import PackedBatch
from models.engine.padding import rectangles


class PaddedAttention:
    """Pads texts of about equal lengths to the longest of them; an `Attention`.

    A GPU wants few large operations, and exact-length groups are many small ones. This is for GPUs and
    numbers that the varlen kernel does not take: those before Ampere, and fp32.
    """

    def among_all(self, joined: Tensor, batch: PackedBatch, heads: int) -> Tensor:
        """See `Attention`."""
        hidden = joined.shape[1] // 3
        seen = joined.new_empty(len(joined), hidden)
        for part in rectangles(batch):
            # [texts, longest, 3 · hidden] to three times [texts, heads, longest, head]
            parts = part.padded(joined[part.tokens]).view(*part.shape, 3, heads, hidden // heads)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            visible = part.attention_mask.bool()[:, None, None, :]
            found = scaled_dot_product_attention(query, key, value, attn_mask=visible)
            seen[part.tokens] = part.packed(found.transpose(1, 2).reshape(*part.shape, hidden))
        return seen

    def from_cls(self, sought: Tensor, states: Tensor, batch: PackedBatch) -> Tensor:
        """See `Attention`."""
        seen = torch.empty_like(sought)
        for part in rectangles(batch):
            tokens = part.padded(states[part.tokens])  # [texts, longest, hidden]
            scores = torch.bmm(sought[part.rows], tokens.transpose(1, 2))
            hidden_from = ~part.attention_mask.bool()[:, None, :]
            weights = scores.masked_fill_(hidden_from, -torch.inf).softmax(-1)
            torch.bmm(weights, tokens, out=seen[part.rows])
        return seen
