"""Where the trunk's states are kept: in a tensor in memory, or in a file that is mapped into memory."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import torch
from torch import Tensor

from training.errors import RunError
from training.loop.inputs import Inputs

# Tokens in a forward pass through the trunk. More would overflow a CPU's caches; a GPU is busy with these.
_CPU_TOKENS_PER_PASS: Final = 2_048
_GPU_TOKENS_PER_PASS: Final = 65_536


@dataclass
class StateSegment:
    """The states of some inputs, packed. They are planned first and computed later.

    Attributes:
        inputs: the inputs.
        states: `[tokens of all inputs, hidden]`, or None until they are computed.
    """

    inputs: Inputs
    states: Tensor | None = None

    def passes(self, device: torch.device) -> list[list[int]]:
        """Divide the inputs into forward passes; all inputs of a pass have the same length.

        Without padding, the states of an input do not depend on the other inputs of its pass.
        """
        budget = _CPU_TOKENS_PER_PASS if device.type == "cpu" else _GPU_TOKENS_PER_PASS
        lengths = self.inputs.lengths
        passes: list[list[int]] = []
        for row in np.argsort(lengths, kind="stable").tolist():
            length = int(lengths[row])
            last = passes[-1] if passes else []
            if not last or int(lengths[last[0]]) != length or (len(last) + 1) * length > budget:
                passes.append([])
            passes[-1].append(row)
        return passes

    def tokens_of(self, row: int) -> slice:
        """Return the positions of an input's tokens in `states`."""
        return slice(int(self.inputs.starts[row]), int(self.inputs.starts[row + 1]))


class StateStore(Protocol):
    """Holds the states of segments."""

    def load(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor | None:
        """Return the states that an earlier run has stored, or None."""

    def allocate(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor:
        """Allocate an uninitialized tensor for the states, `[tokens of all inputs, hidden]`."""

    def commit(self, segment: StateSegment, states: Tensor) -> None:
        """Note that the allocated tensor now holds all states."""


@dataclass(frozen=True)
class MemoryStore:
    """Keeps segments in the memory of a device; a `StateStore`."""

    device: torch.device

    def load(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor | None:
        """Return None: memory holds nothing of earlier runs."""
        return None

    def allocate(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor:
        """Allocate memory on the device."""
        return torch.empty(len(segment.inputs.ids), hidden, dtype=dtype, device=self.device)

    def commit(self, segment: StateSegment, states: Tensor) -> None:
        """Do nothing."""


@dataclass(frozen=True)
class DiskStore:
    """Keeps segments in files, which a later run with the same trunk and inputs loads; a `StateStore`.

    A file holds the states only, row by row in the byte order of this machine. Its name is a hash of the
    trunk, the data type and all inputs. Files can be deleted at any time except during a training.

    Args:
        folder: holds the files; created when the first one is written.
        trunk: digest of the trunk.
    """

    folder: Path
    trunk: str

    def load(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor | None:
        """Map the file of a segment, if a complete one exists."""
        path, tokens = self._path(segment, dtype), len(segment.inputs.ids)
        if not path.exists() or path.stat().st_size != tokens * hidden * dtype.itemsize:
            return None
        return _map_file(path, tokens, hidden, dtype)

    def allocate(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor:
        """Map a new file under a temporary name.

        Raises:
            RunError: the disk has no room for it.
        """
        tokens = len(segment.inputs.ids)
        partial = self._path(segment, dtype).with_suffix(".partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            with partial.open("wb") as file:
                # In a sparse file, a full disk would only show when a mapped page is written: as a bus error.
                os.posix_fallocate(file.fileno(), 0, tokens * hidden * dtype.itemsize)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            raise RunError(
                f"{partial} cannot be written ({error.strerror}): make room there, or keep the states "
                "elsewhere (--keep-states memory or none, or a smaller --keep-limit)"
            ) from None
        return _map_file(partial, tokens, hidden, dtype, shared=True)

    def commit(self, segment: StateSegment, states: Tensor) -> None:
        """Rename the file to its final name."""
        path = self._path(segment, states.dtype)
        partial = path.with_suffix(".partial")
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)

    def _path(self, segment: StateSegment, dtype: torch.dtype) -> Path:
        key = blake2b(f"{self.trunk} {dtype}".encode() + segment.inputs.digest(), digest_size=16)
        return self.folder / f"{key.hexdigest()}.states"


def _map_file(path: Path, tokens: int, hidden: int, dtype: torch.dtype, *, shared: bool = False) -> Tensor:
    flat = torch.from_file(str(path), shared=shared, size=tokens * hidden, dtype=dtype)
    return flat.view(tokens, hidden)
