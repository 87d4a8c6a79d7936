"""The position bias of MPNet: what attention adds to the score of two tokens, by their distance.

The buckets are those of T5 (Raffel et al. 2020, section 2.1) for attention in both directions. Half of them
are for tokens that come before, half for tokens that come after. Half of each are for exact distances; the
others grow logarithmically up to a distance of 128, and the last one is for all that are farther away.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

_FARTHEST: Final = 128  # tokens; MPNet's configuration cannot change it


def relative_buckets(tokens: int, buckets: int, device: torch.device | None = None) -> Tensor:
    """Return the bucket of each pair of tokens, `[tokens, tokens]`, int64; rows attend to columns.

    Args:
        tokens: of a text.
        buckets: number of buckets, such as 32.
        device: of the result.
    """
    positions = torch.arange(tokens, device=device)
    before = positions[:, None] - positions[None, :]  # how far a column is before its row
    half, exact = buckets // 2, buckets // 4
    distance = before.abs()
    # The logarithm of 0 is not used, but must not be computed either.
    growth = torch.log(distance.clamp(min=1).float() / exact) / math.log(_FARTHEST / exact)
    far = (exact + (growth * (half - exact)).long()).clamp(max=half - 1)
    return torch.where(distance < exact, distance, far) + half * (before < 0)


def position_bias_of(table: Tensor, tokens: int) -> Tensor:
    """Return what is added to the scores of attention: `[heads, tokens, tokens]`.

    It depends on the distance alone, so the bias for fewer tokens is the upper left corner of this one.

    Args:
        table: `[buckets, heads]`, MPNet's `relative_attention_bias`.
        tokens: of a text.
    """
    return table[relative_buckets(tokens, len(table), table.device)].permute(2, 0, 1).contiguous()
