"""Attention on a GPU: by torch's varlen kernel where there is one, else by rectangles with a mask."""

from __future__ import annotations

import logging
from functools import cache

import torch
from torch import Tensor
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention

from models.runtime.packing import PackedBatch, padded_parts

_log = logging.getLogger(__name__)


class PaddedAttention:
    """Pads texts of similar lengths to the longest of them; an `Attention` for any device and dtype.

    A GPU needs few large operations, and groups of equal length are many small ones. This is for what the
    varlen kernel does not support: GPUs before Ampere, fp32, and a position bias.
    """

    def self_attention(
        self, joined: Tensor, batch: PackedBatch, heads: int, bias: Tensor | None = None
    ) -> Tensor:
        """Compute attention from each token to all tokens of its text; see `Attention`."""
        hidden = joined.shape[1] // 3
        context = joined.new_empty(len(joined), hidden)
        for part in padded_parts(batch):
            # [texts, longest, 3 · hidden] to three times [texts, heads, longest, head size]
            padded = part.pad(joined[part.token_slice]).view(*part.shape, 3, heads, hidden // heads)
            query, key, value = padded.permute(2, 0, 3, 1, 4)
            mask = part.attention_mask.bool()[:, None, None, :]
            if bias is not None:
                longest = part.shape[1]
                mask = bias[:, :longest, :longest].to(query.dtype).masked_fill(~mask, -torch.inf)
            attended = scaled_dot_product_attention(query, key, value, attn_mask=mask)
            context[part.token_slice] = part.unpad(attended.transpose(1, 2).reshape(*part.shape, hidden))
        return context

    def cls_attention(
        self, queries: Tensor, states: Tensor, batch: PackedBatch, bias: Tensor | None = None
    ) -> Tensor:
        """Compute attention from each text's [CLS] to all tokens of its text; see `Attention`."""
        context = torch.empty_like(queries)
        for part in padded_parts(batch):
            tokens = part.pad(states[part.token_slice])  # [texts, longest, hidden]
            scores = torch.bmm(queries[part.text_slice], tokens.transpose(1, 2))
            if bias is not None:
                scores += bias[:, : part.shape[1]]
            is_padding = ~part.attention_mask.bool()[:, None, :]
            weights = scores.masked_fill_(is_padding, -torch.inf).softmax(-1)
            torch.bmm(weights, tokens, out=context[part.text_slice])
        return context


class VarlenAttention(PaddedAttention):
    """Attention by a kernel that needs no padding; an `Attention` for bfloat16, without a position bias.

    It reads only `bounds` of a batch, on the device, and `longest`, which may be larger than the longest
    text. So a captured graph can be replayed on other texts. Tokens after the last bound belong to no text:
    their results are undefined, possibly infinite or NaN, and no text attends to them.

    [CLS] attends by rectangles, as in `PaddedAttention`. The kernel would need the keys and values of all
    tokens, a sixth of a layer for each classifier, which `ClsLayer` does not compute.
    """

    def self_attention(
        self, joined: Tensor, batch: PackedBatch, heads: int, bias: Tensor | None = None
    ) -> Tensor:
        """Compute attention from each token to all tokens of its text; see `Attention`."""
        if bias is not None:
            raise ValueError("the varlen kernel takes no position bias: use PaddedAttention")
        query, key, value = joined.view(len(joined), 3, heads, -1).unbind(1)  # three of [tokens, heads, size]
        context = varlen_attn(query, key, value, batch.bounds, batch.bounds, batch.longest, batch.longest)
        assert isinstance(context, Tensor)  # noqa: S101 - a pair only if more is requested
        return context.reshape(len(joined), -1)


@cache
def has_varlen_kernel(device: torch.device, head_size: int) -> bool:
    """Return True if the varlen kernel works on a GPU; it runs once, with an empty text and unused tokens.

    Args:
        device: a GPU.
        head_size: of the network; the kernel takes multiples of 8 up to 256.
    """
    bounds = [0, 3, 8, 8]
    joined = torch.linspace(-1, 1, 10 * 3 * 2 * head_size).sin().view(10, 3, 2, head_size)
    query, key, value = joined.to(device, torch.bfloat16).unbind(1)
    device_bounds = torch.tensor(bounds, dtype=torch.int32, device=device)
    try:
        context = varlen_attn(query, key, value, device_bounds, device_bounds, 16, 16)
        assert isinstance(context, Tensor)  # noqa: S101
        actual = context[:8].float().cpu()  # raises the errors of the kernel, which runs asynchronously
    except RuntimeError as error:
        reason = str(error).split("\n")[0]
        _log.info("texts are padded on %s, since varlen attention does not work: %s", device, reason)
        return False
    expected = []
    for start, end in ((0, 3), (3, 8)):
        query, key, value = joined[start:end].transpose(0, 2).unbind(1)  # each [heads, tokens, head size]
        expected.append(scaled_dot_product_attention(query, key, value).transpose(0, 1))
    return torch.allclose(actual, torch.cat(expected), atol=0.03)
