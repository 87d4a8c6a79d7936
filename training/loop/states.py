"""The frozen trunk's states, computed once and kept, so that later epochs cost the trained layers only."""

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

from models.network.trunk import FrozenTrunk
from training.loop.callbacks import TrainingCallback
from training.loop.inputs import Inputs, ragged
from training.loop.processes import SINGLE_PROCESS, Processes, explain_out_of_memory
from training.loop.state_store import DiskStore, MemoryStore, StateSegment, StateStore
from training.loop.trunk_states import NO_TRUNK, TrunkKey, fill_segment, run_trunk, trunk_key

KeepIn = Literal["memory", "disk", "none"]
KEEP_LIMIT: Final = 4 << 30

# For each row of some inputs the segment that has its states and the row there; -1 where none has.
_Places = NDArray[np.int64]


class KeptStates:
    """Keeps the trunk's states of each distinct input, for one training or several on the same trunk.

    `plan` says what is to be kept, `fill` computes it, `states` gives it. What does not fit is computed at
    each step instead. Plans are a function of the inputs and the order in which they come, whatever was
    kept or trained before: a resumed training that plans the same gets the same states, to the bit.

    Where the trunk is the embeddings alone, nothing is kept, since looking them up again is as quick.

    Args:
        keep: in memory (that of the device), in files, or nowhere.
        limit: bytes that may be kept.
        folder: of the files.
    """

    def __init__(
        self, keep: KeepIn = "memory", *, limit: int = KEEP_LIMIT, folder: Path | None = None
    ) -> None:
        if keep == "disk" and folder is None:
            raise ValueError("states on disk need a folder")
        self._keep = keep
        self._limit = limit
        self._folder = folder
        self._forget(NO_TRUNK)

    def plan(self, network: FrozenTrunk, inputs: Sequence[Inputs], *, bfloat16: bool) -> None:
        """Say which inputs' states `fill` shall compute and keep, beside those that are kept already.

        Args:
            network: of the trunk; where it is another one than before, all that was kept is dropped.
            inputs: taken in this order while there is room.
            bfloat16: compute and keep in bfloat16, else in fp32.
        """
        key = trunk_key(network, bfloat16=bfloat16)
        if key != self._trunk:
            self._forget(key)
        if self._keep != "none" and network.frozen_layers:
            new = self._taken(inputs, network.hidden_size * key.dtype.itemsize)
            if new is not None:
                self._segments.append(new)
        for given in inputs:
            self._places[given] = self._found(given)

    def fill(
        self, network: FrozenTrunk, watcher: TrainingCallback, processes: Processes = SINGLE_PROCESS
    ) -> None:
        """Compute what is planned and not yet kept; several processes share the work.

        Raises:
            RunError: memory or disk ran out.
        """
        waiting = [segment for segment in self._segments if segment.filled is None]
        total, done = sum(len(segment.inputs) for segment in waiting), 0
        store = self._store(processes.device)
        for segment in waiting:
            with explain_out_of_memory(
                f"the trunk's states of {len(segment.inputs):,} texts",
                "keep them elsewhere (--keep-states disk), or fewer of them (--keep-limit)",
            ):
                for count in fill_segment(segment, network, self._trunk, store, processes):
                    done += count
                    watcher.keeping(done, total)

    def states(self, network: FrozenTrunk, inputs: Inputs, rows: Sequence[int]) -> Tensor:
        """Give the trunk's states of some inputs.

        Args:
            network: of the trunk that was planned with.
            inputs: those that were planned, or others.
            rows: one or more of them.

        Returns:
            `[rows, tokens, hidden]`, fp32, on the network's device, padded to the longest with anything.
        """
        device = next(network.parameters()).device
        places = self._places.get(inputs)
        if places is None:
            places = self._places[inputs] = self._found(inputs)
        chosen = np.asarray(rows, dtype=np.int64)
        where, lengths = places[chosen], inputs.lengths[chosen]
        numbers = np.unique(where[:, 0]).tolist()
        if len(numbers) == 1:
            return self._from(numbers[0], network, inputs, chosen, where[:, 1])
        padded = torch.zeros(len(chosen), int(lengths.max()), network.hidden_size, device=device)
        for number in numbers:
            those = np.flatnonzero(where[:, 0] == number)
            part = self._from(number, network, inputs, chosen[those], where[those, 1])
            padded[torch.from_numpy(those).to(device), : part.shape[1]] = part
        return padded

    @contextmanager
    def serving(self, network: FrozenTrunk) -> Iterator[None]:
        """Let the network take what is kept instead of running its trunk: a validation is quick then, too."""

        def kept(input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
            inputs = Inputs.of_batch(input_ids, attention_mask, token_type_ids)
            found = self.states(network, inputs, range(len(inputs)))
            return torch.nn.functional.pad(found, (0, 0, 0, input_ids.shape[1] - found.shape[1]))

        if not self._segments:
            yield
            return
        network.kept_states = kept
        try:
            yield
        finally:
            network.kept_states = None

    def _forget(self, trunk: TrunkKey) -> None:
        self._trunk = trunk
        self._segments: list[StateSegment] = []
        self._known: dict[bytes, tuple[int, int]] = {}
        self._places: WeakKeyDictionary[Inputs, _Places] = WeakKeyDictionary()
        self._bytes = 0

    def _taken(self, inputs: Sequence[Inputs], token_bytes: int) -> StateSegment | None:
        """Take the new inputs, each text once, while they fit."""
        parts: list[tuple[Any, Any]] = []
        for given in inputs:
            for row, key in enumerate(given.keys()):
                place = slice(int(given.starts[row]), int(given.starts[row + 1]))
                size = (place.stop - place.start) * token_bytes
                if key in self._known or not size or self._bytes + size > self._limit:
                    continue
                self._bytes += size
                self._known[key] = (len(self._segments), len(parts))
                parts.append((given.ids[place], given.types[place]))
        if not parts:
            return None
        return StateSegment(Inputs.packed([ids for ids, _ in parts], [types for _, types in parts]))

    def _found(self, inputs: Inputs) -> _Places:
        found = [self._known.get(key, (-1, -1)) for key in inputs.keys()]  # noqa: SIM118 - no mapping
        return np.array(found, dtype=np.int64).reshape(len(found), 2)

    def _store(self, device: torch.device) -> StateStore:
        if self._keep == "disk" and self._folder is not None:
            return DiskStore(self._folder, self._trunk.digest)
        return MemoryStore(device)

    def _from(
        self,
        number: int,
        network: FrozenTrunk,
        inputs: Inputs,
        rows: NDArray[np.int64],
        kept: NDArray[np.int64],
    ) -> Tensor:
        """Give the states of rows that all lie in segment `number`, or in none."""
        if number < 0:
            return run_trunk(network, inputs.batch(rows.tolist()), self._trunk.dtype).float()
        return _gathered(self._segments[number], kept, next(network.parameters()).device)


def _gathered(segment: StateSegment, rows: NDArray[np.int64], device: torch.device) -> Tensor:
    """Pad kept states to a batch, `[rows, tokens, hidden]`."""
    if segment.filled is None:
        raise RuntimeError("states were planned, but not filled")
    index, _ = ragged(segment.inputs.starts[:-1][rows], segment.inputs.lengths[rows])
    at = torch.from_numpy(index.reshape(-1)).to(segment.filled.device)
    states = segment.filled.index_select(0, at).view(*index.shape, -1)
    return states.to(device).float()
