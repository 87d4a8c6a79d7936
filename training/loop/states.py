"""The trunk's states, computed once and kept, so that later epochs run the trained layers only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.network import FrozenTrunk
from training.loop.callbacks import TrainingCallback
from training.loop.inputs import Inputs, padded_positions
from training.loop.processes import SINGLE_PROCESS, Processes, explain_out_of_memory
from training.loop.state_store import DiskStore, MemoryStore, StateSegment, StateStore
from training.loop.trunk_states import NO_TRUNK, TrunkKey, fill_segment, run_trunk, trunk_key

KeepIn = Literal["memory", "disk", "none"]
KEEP_LIMIT: Final = 4 << 30

# For each input: the segment that has its states and the row there, or -1 and -1. `[inputs, 2]`.
_Locations = NDArray[np.int64]


class KeptStates:
    """Keeps the trunk's states of each distinct input, for one training or several on the same trunk.

    `plan` decides what to keep, `fill` computes it, and `states` returns it. What exceeds the limit is
    computed at each step instead. A plan depends only on the inputs and their order, not on what was kept or
    trained before. So a resumed training that plans the same inputs gets the same states, to the bit.

    If the trunk consists of the embeddings alone, nothing is kept, because computing them is as fast.

    Args:
        keep: in memory (of the device), in files on disk, or not at all.
        limit: bytes that may be kept.
        folder: holds the files.
    """

    def __init__(
        self, keep: KeepIn = "memory", *, limit: int = KEEP_LIMIT, folder: Path | None = None
    ) -> None:
        if keep == "disk" and folder is None:
            raise ValueError("states on disk need a folder")
        self._keep = keep
        self._limit = limit
        self._folder = folder
        self._reset(NO_TRUNK)

    def plan(self, network: FrozenTrunk, inputs: Sequence[Inputs], *, bfloat16: bool) -> None:
        """Choose the inputs whose states `fill` will compute, in addition to those that are kept already.

        Args:
            network: has the trunk. If it differs from the previous one, all that was kept is dropped.
            inputs: taken in this order as long as they fit.
            bfloat16: compute and keep states in bfloat16 instead of fp32.
        """
        key = trunk_key(network, bfloat16=bfloat16)
        if key != self._trunk:
            self._reset(key)
        if self._keep != "none" and network.frozen_layers:
            segment = self._new_segment(inputs, network.hidden_size * key.dtype.itemsize)
            if segment is not None:
                self._segments.append(segment)
        for planned in inputs:
            self._locations[planned] = self._locate(planned)

    def fill(
        self, network: FrozenTrunk, callback: TrainingCallback, processes: Processes = SINGLE_PROCESS
    ) -> None:
        """Compute the states that are planned and not kept yet. Several processes share the work.

        Raises:
            RunError: memory ran out, or the disk is full.
        """
        missing = [segment for segment in self._segments if segment.states is None]
        total, done = sum(len(segment.inputs) for segment in missing), 0
        store = self._store(processes.device)
        for segment in missing:
            with explain_out_of_memory(
                f"the trunk's states of {len(segment.inputs):,} texts",
                "keep them elsewhere (--keep-states disk), or fewer of them (--keep-limit)",
            ):
                for count in fill_segment(segment, network, self._trunk, store, processes):
                    done += count
                    callback.on_states_computed(done, total)

    def states(self, network: FrozenTrunk, inputs: Inputs, rows: Sequence[int]) -> Tensor:
        """Return the trunk's states of some inputs.

        Args:
            network: has the trunk that was planned with.
            inputs: planned or not.
            rows: one or more of the inputs.

        Returns:
            `[rows, tokens, hidden]`, fp32, on the network's device. Values at padding are arbitrary.
        """
        device = next(network.parameters()).device
        locations = self._locations.get(inputs)
        if locations is None:
            locations = self._locations[inputs] = self._locate(inputs)
        chosen = np.asarray(rows, dtype=np.int64)
        where, lengths = locations[chosen], inputs.lengths[chosen]
        numbers = np.unique(where[:, 0]).tolist()
        if len(numbers) == 1:
            return self._from_segment(numbers[0], network, inputs, chosen, where[:, 1])
        padded = torch.zeros(len(chosen), int(lengths.max()), network.hidden_size, device=device)
        for number in numbers:
            at = np.flatnonzero(where[:, 0] == number)
            part = self._from_segment(number, network, inputs, chosen[at], where[at, 1])
            padded[torch.from_numpy(at).to(device), : part.shape[1]] = part
        return padded

    @contextmanager
    def serving(self, network: FrozenTrunk) -> Iterator[None]:
        """Make the network use the kept states instead of running its trunk: validation is fast then."""

        def kept(input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
            inputs = Inputs.of_batch(input_ids, attention_mask, token_type_ids)
            states = self.states(network, inputs, range(len(inputs)))
            return torch.nn.functional.pad(states, (0, 0, 0, input_ids.shape[1] - states.shape[1]))

        if not self._segments:
            yield
            return
        network.kept_states = kept
        try:
            yield
        finally:
            network.kept_states = None

    def _reset(self, trunk: TrunkKey) -> None:
        self._trunk = trunk
        self._segments: list[StateSegment] = []
        self._location_of_key: dict[bytes, tuple[int, int]] = {}
        self._locations: WeakKeyDictionary[Inputs, _Locations] = WeakKeyDictionary()
        self._bytes = 0

    def _new_segment(self, inputs: Sequence[Inputs], token_bytes: int) -> StateSegment | None:
        """Make a segment of the new inputs, each text once, as long as they fit."""
        parts: list[tuple[Any, Any]] = []
        for planned in inputs:
            for row, key in enumerate(planned.keys()):
                tokens = slice(int(planned.starts[row]), int(planned.starts[row + 1]))
                size = (tokens.stop - tokens.start) * token_bytes
                if key in self._location_of_key or not size or self._bytes + size > self._limit:
                    continue
                self._bytes += size
                self._location_of_key[key] = (len(self._segments), len(parts))
                parts.append((planned.ids[tokens], planned.types[tokens]))
        if not parts:
            return None
        return StateSegment(Inputs.packed([ids for ids, _ in parts], [types for _, types in parts]))

    def _locate(self, inputs: Inputs) -> _Locations:
        locations = [self._location_of_key.get(key, (-1, -1)) for key in inputs.keys()]  # noqa: SIM118 - not a dict
        return np.array(locations, dtype=np.int64).reshape(len(locations), 2)

    def _store(self, device: torch.device) -> StateStore:
        if self._keep == "disk" and self._folder is not None:
            return DiskStore(self._folder, self._trunk.digest)
        return MemoryStore(device)

    def _from_segment(
        self,
        number: int,
        network: FrozenTrunk,
        inputs: Inputs,
        rows: NDArray[np.int64],
        segment_rows: NDArray[np.int64],
    ) -> Tensor:
        """Return the states of rows that are all in segment `number`, or compute them if it is -1."""
        if number < 0:
            return run_trunk(network, inputs.batch(rows.tolist()), self._trunk.dtype).float()
        return _padded_states(self._segments[number], segment_rows, next(network.parameters()).device)


def _padded_states(segment: StateSegment, rows: NDArray[np.int64], device: torch.device) -> Tensor:
    """Arrange kept states as a padded batch, `[rows, tokens, hidden]`."""
    if segment.states is None:
        raise RuntimeError("states were planned, but not computed")
    positions, _ = padded_positions(segment.inputs.starts[:-1][rows], segment.inputs.lengths[rows])
    at = torch.from_numpy(positions.reshape(-1)).to(segment.states.device)
    states = segment.states.index_select(0, at).view(*positions.shape, -1)
    return states.to(device).float()
