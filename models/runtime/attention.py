"""Attention over packed tokens, group by group: no text sees another one, and nothing is masked."""

from __future__ import annotations

from typing import Final, Protocol

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from models.runtime.packing import PackedBatch

_SHORT: Final = 64  # tokens; a tweet has 34 on the average
_TEXTS: Final = 6  # taken together; the products of more leave the caches


class Attention(Protocol):
    """How the tokens of a text look at each other; a matter of the device."""

    def self_attention(self, joined: Tensor, batch: PackedBatch, heads: int) -> Tensor:
        """Let each token look at all tokens of its text.

        Args:
            joined: queries, keys and values side by side: `[tokens or more, 3 · hidden]`.
            batch: which token is of which text.
            heads: of the layer.

        Returns:
            `[tokens or more, hidden]`, in the numbers of `joined`.
        """
        ...

    def cls_attention(self, sought: Tensor, states: Tensor, batch: PackedBatch) -> Tensor:
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

    def self_attention(self, joined: Tensor, batch: PackedBatch, heads: int) -> Tensor:
        """See `Attention`."""
        hidden = joined.shape[1] // 3
        seen = joined.new_zeros(len(joined), hidden)
        for group in batch.groups:
            for first in range(0, group.texts, _TEXTS):
                texts = min(_TEXTS, group.texts - first)
                start = group.first_token + first * group.length
                tokens = slice(start, start + texts * group.length)
                # [tokens, 3 · hidden] to three times [texts, heads, length, head]
                parts = joined[tokens].view(texts, group.length, 3, heads, -1).permute(2, 0, 3, 1, 4)
                found = _by_products(parts) if group.length <= _SHORT else _by_kernel(parts)
                seen[tokens].view(texts, group.length, heads, -1).copy_(found.transpose(1, 2))
        return seen

    def cls_attention(self, sought: Tensor, states: Tensor, batch: PackedBatch) -> Tensor:
        """See `Attention`."""
        seen = torch.empty_like(sought)
        for group in batch.groups:
            tokens = states[group.tokens].view(group.texts, group.length, -1)
            weights = torch.bmm(sought[group.rows], tokens.transpose(1, 2)).softmax(-1)
            torch.bmm(weights, tokens, out=seen[group.rows])
        return seen


def _by_products(parts: Tensor) -> Tensor:
    """Multiply many small matrices at once, in fp32: half of what torch's kernel takes, made for long texts.

    oneDNN is quicker still in bfloat16, but it makes and keeps 0.6 MB of code for each length and number of
    texts.
    """
    _, texts, heads, length, size = parts.shape
    query, key, value = parts.new_empty(parts.shape, dtype=torch.float32).copy_(parts).flatten(1, 2)
    weights = torch.bmm(query, key.transpose(1, 2)).mul_(size**-0.5).softmax(-1)
    return torch.bmm(weights, value).view(texts, heads, length, size)


def _by_kernel(parts: Tensor) -> Tensor:
    query, key, value = parts
    return scaled_dot_product_attention(query, key, value)
