"""Attention over packed tokens by torch's varlen kernel, and whether a GPU has it."""

from __future__ import annotations

import logging
from functools import cache

import torch
from torch import Tensor
from torch.nn.attention.varlen import varlen_attn
from torch.nn.functional import scaled_dot_product_attention

from models.engine.cuda.padded import PaddedAttention
from models.engine.packing import PackedBatch

_log = logging.getLogger(__name__)


class VarlenAttention(PaddedAttention):
    """Nothing is padded: the kernel is told where each text begins and ends; an `Attention`, for bfloat16.

    All that it asks of a batch is `bounds`, on the device, and `longest`, which may be more than it is. So a
    captured graph can be run again on other texts. Tokens after the last bound are in no text; what it gives
    for them is undefined, infinities and NaN included, and no text sees them.

    From [CLS] a text looks by rectangles, as `PaddedAttention` does. The kernel would need the keys and
    values of all tokens, a sixth of a layer for each classifier, which `ClsLayer` does without.
    """

    def among_all(self, joined: Tensor, batch: PackedBatch, heads: int) -> Tensor:
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
