"""Computing the trunk's states that are to be kept, by one process or several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from models.network.trunk import FrozenTrunk
from training.loop.parallel import Processes
from training.loop.segments import Memory, Segment, Store
from training.loop.trunk import TrunkKey, run_trunk


def fill_segment(
    segment: Segment, network: FrozenTrunk, trunk: TrunkKey, store: Store, processes: Processes
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
        writes = processes.is_main or isinstance(store, Memory)
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
    segment: Segment,
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
    segment: Segment,
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
