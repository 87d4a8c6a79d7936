"""What the heads of a network read, for an exact and for a quantized body."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.network.layers import run_layers, run_layers_to_cls
from models.network.multitask import EnsembleMember, MultiTaskNetwork
from models.runtime.packed_network import SharedStates
from models.runtime.packing import PackedBatch, PaddedTexts

Body = Callable[[PackedBatch], SharedStates]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HeadStates:
    """What a head reads.

    Attributes:
        states: `[inputs, hidden]`: a text each for a classifier, a token each for the Extractor.
        texts: `[inputs]`, which text each is of.
    """

    states: Floats
    texts: NDArray[np.int64]


def classifier_states(
    network: MultiTaskNetwork, body: Body, batches: Sequence[PackedBatch], advance: Callable[[int], None]
) -> list[HeadStates]:
    """Give what each classifier reads: its state at [CLS].

    Args:
        network: in eval mode, on the CPU.
        body: gives the states below the heads' own layers.
        batches: the texts.
        advance: told of each batch, how many texts it had.
    """
    members = [member.shared for member in network.members if isinstance(member, EnsembleMember)]

    def step(batch: PackedBatch) -> list[Tensor]:
        kept, padded = body(batch), PaddedTexts(batch)
        mask = padded.attention_mask
        below, trunk = padded.pad(kept.below), padded.pad(kept.trunk)
        first = run_layers_to_cls(network.shared[-1:], below, mask)
        return [first, *(run_layers_to_cls(layers, trunk, mask) for layers in members)]

    found: list[list[Tensor]] = []
    rows: list[int] = []
    with torch.inference_mode():
        for batch in batches:
            found.append(step(batch))
            rows.extend(batch.rows)
            advance(len(batch.rows))
    return [HeadStates(_joined(parts), np.array(rows)) for parts in zip(*found, strict=True)]


def extractor_states(network: MultiTaskNetwork, body: Body, batches: Sequence[PackedBatch]) -> HeadStates:
    """Give what the Extractor reads: the state of each token; arguments as in `classifier_states`."""
    found: list[Tensor] = []
    rows: list[int] = []
    with torch.inference_mode():
        for batch in batches:
            padded = PaddedTexts(batch)
            below = padded.pad(body(batch).below)
            found.append(padded.unpad(run_layers(network.shared[-1:], below, padded.attention_mask)))
            rows.extend(np.repeat(batch.rows, batch.lengths).tolist())
    return HeadStates(_joined(found), np.array(rows))


def _joined(parts: Sequence[Tensor]) -> Floats:
    return torch.cat(list(parts)).double().numpy()
