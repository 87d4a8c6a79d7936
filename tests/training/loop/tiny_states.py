"""Compare kept states with those that the trunk computes."""

from __future__ import annotations

from pathlib import Path

import torch

from models.encoder import TokenBatch
from models.network import MultiTaskNetwork
from training.loop.inputs import Inputs
from training.loop.states import KeepIn, KeptStates


def kept_states(keep: KeepIn, folder: Path, limit: int = 1 << 30) -> KeptStates:
    return KeptStates(keep, limit=limit, folder=folder)


def computed_states(network: MultiTaskNetwork, batch: TokenBatch) -> torch.Tensor:
    return network.trunk_states(batch.input_ids, batch.attention_mask, batch.token_type_ids)


def assert_same_states(
    states: torch.Tensor, network: MultiTaskNetwork, inputs: Inputs, rows: list[int]
) -> None:
    batch = inputs.batch(rows)
    real = batch.attention_mask.bool()
    assert states.shape[:2] == real.shape
    assert states.dtype is torch.float32
    torch.testing.assert_close(states[real], computed_states(network, batch)[real], atol=1e-5, rtol=1e-5)
