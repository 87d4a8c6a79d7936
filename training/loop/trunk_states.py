"""Computing the outputs of the frozen trunk, by one process or several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import torch
from torch import Tensor

from models.encoder import TokenBatch
from models.network import FrozenTrunk
from training.loop.processes import Processes
from training.loop.state_store import MemoryStore, StateSegment, StateStore


@dataclass(frozen=True)
class TrunkKey:
    """What the trunk's states depend on, apart from the input.

    Attributes:
        digest: hash of the weights of the embeddings and the frozen layers.
        dtype: the data type in which states are computed and kept.
    """

    digest: str
    dtype: torch.dtype


NO_TRUNK: Final = TrunkKey("", torch.float32)


def trunk_key(network: FrozenTrunk, *, bfloat16: bool) -> TrunkKey:
    """Identify a network's trunk by its weights and data type."""
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
        `[batch, tokens, hidden]` in `dtype`, the data type of kept states. So states that are kept and states
        that are computed at each step differ only by rounding in fp32.
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
    """Load a segment's states from an earlier run, or compute them. The segment is filled at the end.

    Of n processes, each computes every n-th pass and receives the others' results. Each process has its own
    memory; files are written by the first process and mapped by all.

    Yields:
        The number of inputs done since the last time.

    Raises:
        RunError: the disk is full.
    """
    hidden, dtype = network.hidden_size, trunk.dtype
    if not processes.from_main(store.load(segment, hidden, dtype) is not None):
        writes = processes.is_main or isinstance(store, MemoryStore)
        states = store.allocate(segment, hidden, dtype) if writes else None
        passes = segment.passes(processes.device)
        for first in range(0, len(passes), processes.count):
            simultaneous = passes[first : first + processes.count]
            own_pass = _compute_pass(segment, simultaneous, network, trunk, processes)
            for rank, rows in enumerate(simultaneous):
                computed = own_pass if rank == processes.rank else None
                received = _exchange(segment, rows, computed, rank, network, trunk, processes)
                if states is not None:
                    for row, row_states in zip(rows, received, strict=True):
                        states[segment.tokens_of(row)] = row_states
                yield len(rows)
        if states is not None:
            store.commit(segment, states)
        segment.states = states
        processes.wait()
    else:
        yield len(segment.inputs)
    if segment.states is None:
        segment.states = store.load(segment, hidden, dtype)


def _compute_pass(
    segment: StateSegment,
    simultaneous: Sequence[Sequence[int]],
    network: FrozenTrunk,
    trunk: TrunkKey,
    processes: Processes,
) -> Tensor | None:
    """Compute this process's pass of those that run at the same time, if there is one for it."""
    if processes.rank >= len(simultaneous):
        return None
    return run_trunk(network, segment.inputs.batch(simultaneous[processes.rank]), trunk.dtype)


def _exchange(
    segment: StateSegment,
    rows: Sequence[int],
    computed: Tensor | None,
    rank: int,
    network: FrozenTrunk,
    trunk: TrunkKey,
    processes: Processes,
) -> Tensor:
    """Return in every process the states `[rows, tokens, hidden]` that process `rank` has computed."""
    if computed is None:
        tokens = int(segment.inputs.lengths[rows[0]])  # all rows of a pass have the same length
        shape = (len(rows), tokens, network.hidden_size)
        computed = torch.empty(shape, dtype=trunk.dtype, device=processes.device)
    return processes.from_each(computed, rank)
