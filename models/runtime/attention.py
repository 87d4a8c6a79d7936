"""Attention over packed tokens: each text by itself, without masks."""

from __future__ import annotations

from typing import Final, Protocol

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from models.runtime.packing import PackedBatch

_SHORT: Final = 64  # tokens; a tweet has 34 on average
_TEXTS: Final = 6  # texts multiplied at a time; the products of more do not fit into the caches


class Attention(Protocol):
    """How the tokens of a text attend to each other on some device."""

    def self_attention(
        self, joined: Tensor, batch: PackedBatch, heads: int, bias: Tensor | None = None
    ) -> Tensor:
        """Compute attention from each token to all tokens of its text.

        Args:
            joined: queries, keys and values side by side: `[tokens or more, 3 · hidden]`.
            batch: which token belongs to which text.
            heads: attention heads of the layer.
            bias: added to the scores, `[heads, positions, positions]`, fp32, for texts of up to `positions`
                tokens; None for an encoder without a position bias.

        Returns:
            `[tokens or more, hidden]`, with the dtype of `joined`.
        """
        ...

    def cls_attention(
        self, queries: Tensor, states: Tensor, batch: PackedBatch, bias: Tensor | None = None
    ) -> Tensor:
        """Compute attention from each text's [CLS] to all tokens of its text, for any number of heads.

        Args:
            queries: the query of each head, multiplied by its keys' weights (`Kᵀ q`) and already scaled:
                `[texts, heads, hidden]`.
            states: `[tokens, hidden]`.
            batch: which token belongs to which text.
            bias: added to the scores, `[heads, positions]`, fp32; see `self_attention`.

        Returns:
            The weighted sum of the states for each head: `[texts, heads, hidden]`.
        """
        ...


class GroupedAttention:
    """Attention by groups of equal length, the fastest on a CPU (`docs/performance.md`)."""

    def self_attention(
        self, joined: Tensor, batch: PackedBatch, heads: int, bias: Tensor | None = None
    ) -> Tensor:
        """Compute attention from each token to all tokens of its text; see `Attention`."""
        hidden = joined.shape[1] // 3
        context = joined.new_zeros(len(joined), hidden)
        for group in batch.groups:
            # The upper left corner of a bias is that for a shorter text.
            added = None if bias is None else bias[:, : group.length, : group.length]
            for first in range(0, group.texts, _TEXTS):
                texts = min(_TEXTS, group.texts - first)
                start = group.first_token + first * group.length
                tokens = slice(start, start + texts * group.length)
                # [tokens, 3 · hidden] to three times [texts, heads, length, head size]
                parts = joined[tokens].view(texts, group.length, 3, heads, -1).permute(2, 0, 3, 1, 4)
                attend = _attend_by_products if group.length <= _SHORT else _attend_by_kernel
                context[tokens].view(texts, group.length, heads, -1).copy_(
                    attend(parts, added).transpose(1, 2)
                )
        return context

    def cls_attention(
        self, queries: Tensor, states: Tensor, batch: PackedBatch, bias: Tensor | None = None
    ) -> Tensor:
        """Compute attention from each text's [CLS] to all tokens of its text; see `Attention`."""
        context = torch.empty_like(queries)
        for group in batch.groups:
            tokens = states[group.token_slice].view(group.texts, group.length, -1)
            scores = torch.bmm(queries[group.text_slice], tokens.transpose(1, 2))
            if bias is not None:
                scores += bias[:, : group.length]
            torch.bmm(scores.softmax(-1), tokens, out=context[group.text_slice])
        return context


def _attend_by_products(parts: Tensor, bias: Tensor | None) -> Tensor:
    """Multiply many small matrices at once, in fp32.

    This takes half the time of torch's kernel, which is made for long texts. oneDNN is faster still in
    bfloat16, but it generates and keeps 0.6 MB of code for each length and number of texts.
    """
    _, texts, heads, length, size = parts.shape
    query, key, value = parts.new_empty(parts.shape, dtype=torch.float32).copy_(parts).flatten(1, 2)
    scores = torch.bmm(query, key.transpose(1, 2)).mul_(size**-0.5)
    if bias is not None:
        scores.view(texts, heads, length, length).add_(bias)
    return torch.bmm(scores.softmax(-1), value).view(texts, heads, length, size)


def _attend_by_kernel(parts: Tensor, bias: Tensor | None) -> Tensor:
    query, key, value = parts
    mask = None if bias is None else bias.to(query.dtype)
    return scaled_dot_product_attention(query, key, value, mask)
