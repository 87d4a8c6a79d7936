"""The frozen trunk as a function: which one it is, and its states in the dtype that they are kept in."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import torch
from torch import Tensor

from models.encoder.tokenization import TokenBatch
from models.network.trunk import FrozenTrunk


@dataclass(frozen=True)
class TrunkKey:
    """What the trunk's states of an input depend on, beside the input.

    Attributes:
        digest: of the weights of embeddings and frozen layers.
        dtype: that they are computed and kept in.
    """

    digest: str
    dtype: torch.dtype


NO_TRUNK: Final = TrunkKey("", torch.float32)


def trunk_key(network: FrozenTrunk, *, bfloat16: bool) -> TrunkKey:
    """Identify a network's trunk."""
    digest = blake2b(f"{network.frozen_layers} {network.hidden_size}".encode(), digest_size=16)
    for part in (network.embeddings, network.trunk):
        for name, tensor in part.state_dict().items():
            digest.update(f"{name} {list(tensor.shape)} {tensor.dtype}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().data)
    return TrunkKey(digest.hexdigest(), torch.bfloat16 if bfloat16 else torch.float32)


@torch.no_grad()
def run_trunk(network: FrozenTrunk, batch: TokenBatch, dtype: torch.dtype) -> Tensor:
    """Compute the trunk's states of a batch, on the network's device.

    Returns:
        `[batch, tokens, hidden]` in `dtype`, as they are kept, so that states that are kept and states that
        are not differ by rounding in fp32 alone.
    """
    device = next(network.parameters()).device
    moved = batch.to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=dtype is torch.bfloat16):
        embedded = network.embed(moved.input_ids, moved.token_type_ids)
        states = network.trunk_from(embedded, moved.attention_mask)
    return states.to(dtype)
