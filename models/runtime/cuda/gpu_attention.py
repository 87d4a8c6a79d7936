"""Attention over padded_parts with a mask: for any device, and any numbers.

Attention over packed tokens by torch's varlen kernel, and whether a GPU has it.
"""

from __future__ import annotations

import logging
from functools import cache

import torch
from torch import Tensor
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention

from models.runtime.packing import PackedBatch, padded_parts


class PaddedAttention:
    """Pads texts of about equal lengths to the longest of them; an `Attention`.

    A GPU wants few large operations, and exact-length groups are many small ones. This is for GPUs and
    numbers that the varlen kernel does not take: those before Ampere, and fp32.
    """

    def self_attention(self, joined: Tensor, batch: PackedBatch, heads: int) -> Tensor:
        """See `Attention`."""
        hidden = joined.shape[1] // 3
        seen = joined.new_empty(len(joined), hidden)
        for part in padded_parts(batch):
            # [texts, longest, 3 · hidden] to three times [texts, heads, longest, head]
            parts = part.pad(joined[part.tokens]).view(*part.shape, 3, heads, hidden // heads)
            query, key, value = parts.permute(2, 0, 3, 1, 4)
            visible = part.attention_mask.bool()[:, None, None, :]
            found = scaled_dot_product_attention(query, key, value, attn_mask=visible)
            seen[part.tokens] = part.unpad(found.transpose(1, 2).reshape(*part.shape, hidden))
        return seen

    def cls_attention(self, sought: Tensor, states: Tensor, batch: PackedBatch) -> Tensor:
        """See `Attention`."""
        seen = torch.empty_like(sought)
        for part in padded_parts(batch):
            tokens = part.pad(states[part.tokens])  # [texts, longest, hidden]
            scores = torch.bmm(sought[part.rows], tokens.transpose(1, 2))
            hidden_from = ~part.attention_mask.bool()[:, None, :]
            weights = scores.masked_fill_(hidden_from, -torch.inf).softmax(-1)
            torch.bmm(weights, tokens, out=seen[part.rows])
        return seen


_log = logging.getLogger(__name__)


class VarlenAttention(PaddedAttention):
    """Nothing is padded: the kernel is told where each text begins and ends; an `Attention`, for bfloat16.

    All that it asks of a batch is `bounds`, on the device, and `longest`, which may be more than it is. So a
    captured graph can be run again on other texts. Tokens after the last bound are in no text; what it gives
    for them is undefined, infinities and NaN included, and no text sees them.

    From [CLS] a text looks by padded_parts, as `PaddedAttention` does. The kernel would need the keys and
    values of all tokens, a sixth of a layer for each classifier, which `ClsLayer` does without.
    """

    def self_attention(self, joined: Tensor, batch: PackedBatch, heads: int) -> Tensor:
        """See `Attention`."""
        query, key, value = joined.view(len(joined), 3, heads, -1).unbind(1)  # each [tokens, heads, head]
        found = varlen_attn(query, key, value, batch.bounds, batch.bounds, batch.longest, batch.longest)
        assert isinstance(found, Tensor)  # noqa: S101 - it is a pair only where more is asked for
        return found.reshape(len(joined), -1)


@cache
def has_varlen_kernel(device: torch.device, head_size: int) -> bool:
    """Try the kernel once as the engine uses it: with a text of no tokens, and with tokens of no text.

    Args:
        device: a GPU.
        head_size: of the network; the kernel takes multiples of 8 up to 256.
    """
    bounds = [0, 3, 8, 8]
    joined = torch.linspace(-1, 1, 10 * 3 * 2 * head_size).sin().view(10, 3, 2, head_size)
    query, key, value = joined.to(device, torch.bfloat16).unbind(1)
    places = torch.tensor(bounds, dtype=torch.int32, device=device)
    try:
        found = varlen_attn(query, key, value, places, places, 16, 16)
        assert isinstance(found, Tensor)  # noqa: S101
        told = found[:8].float().cpu()  # whatever is wrong comes up here at the latest
    except RuntimeError as error:
        _log.info("texts are padded on %s, without varlen attention: %s", device, str(error).split("\n")[0])
        return False
    wanted = []
    for start, end in ((0, 3), (3, 8)):
        query, key, value = joined[start:end].transpose(0, 2).unbind(1)  # each [heads, tokens, head]
        wanted.append(scaled_dot_product_attention(query, key, value).transpose(0, 1))
    return torch.allclose(told, torch.cat(wanted), atol=0.03)
