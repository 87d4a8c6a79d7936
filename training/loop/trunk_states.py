"""The frozen trunk as a function: which one it is, and its states in the dtype that they are kept in.

Computing the trunk's states that are to be kept, by one process or several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import torch
from torch import Tensor

from models.encoder.tokenization import TokenBatch
from models.network.trunk import FrozenTrunk
from training.loop.processes import Processes
from training.loop.state_store import MemoryStore, StateSegment, StateStore


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


def fill_segment(
    segment: StateSegment, network: FrozenTrunk, trunk: TrunkKey, store: StateStore, processes: Processes
) -> Iterator[int]:
    """Take a segment's states from an earlier run, or compute them; the segment is filled at the end.

    Of several processes each computes every so many-th pass and gets the others' from them. Memory is each
    process's own; files are written by the first one and mapped by all.

    Yields:
        How many inputs were done since the last time.

    Raises:
        RunError: the disk has no room.
    """
    hidden, dtype = network.hidden_size, trunk.dtype
    if not processes.from_main(store.find(segment, hidden, dtype) is not None):
        writes = processes.is_main or isinstance(store, MemoryStore)
        room = store.room(segment, hidden, dtype) if writes else None
        passes = segment.passes(processes.device)
        for first in range(0, len(passes), processes.count):
            together = passes[first : first + processes.count]
            own = _own_pass(segment, together, network, trunk, processes)
            for rank, rows in enumerate(together):
                mine = own if rank == processes.rank else None
                states = _exchanged(segment, rows, mine, rank, network, trunk, processes)
                if room is not None:
                    for row, row_states in zip(rows, states, strict=True):
                        room[segment.place(row)] = row_states
                yield len(rows)
        if room is not None:
            store.seal(segment, room)
        segment.filled = room
        processes.wait()
    else:
        yield len(segment.inputs)
    if segment.filled is None:
        segment.filled = store.find(segment, hidden, dtype)


def _own_pass(
    segment: StateSegment,
    together: Sequence[Sequence[int]],
    network: FrozenTrunk,
    trunk: TrunkKey,
    processes: Processes,
) -> Tensor | None:
    """Compute this process's one of the passes that are done at the same time, if there is one for it."""
    if processes.rank >= len(together):
        return None
    return run_trunk(network, segment.inputs.batch(together[processes.rank]), trunk.dtype)


def _exchanged(
    segment: StateSegment,
    rows: Sequence[int],
    mine: Tensor | None,
    rank: int,
    network: FrozenTrunk,
    trunk: TrunkKey,
    processes: Processes,
) -> Tensor:
    """Give every process the states `[rows, tokens, hidden]` that process `rank` has computed."""
    if mine is None:
        tokens = int(segment.inputs.lengths[rows[0]])  # all rows of a pass have one length
        mine = torch.empty(len(rows), tokens, network.hidden_size, dtype=trunk.dtype, device=processes.device)
    return processes.from_each(mine, rank)
