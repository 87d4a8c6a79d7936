"""Where kept states lie: a tensor in memory, or a file that is mapped into it."""

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

# Tokens of a forward pass through the trunk: beyond that a CPU's caches overflow, and a GPU is busy anyway.
_CPU_BUDGET: Final = 2_048
_GPU_BUDGET: Final = 65_536


@dataclass
class StateSegment:
    """The states of some inputs, packed: planned first, filled later.

    Attributes:
        inputs: whose states these are.
        filled: `[tokens of all inputs, hidden]`, or None until then.
    """

    inputs: Inputs
    filled: Tensor | None = None

    def passes(self, device: torch.device) -> list[list[int]]:
        """Cut the inputs into forward passes; those of one pass have the same length.

        Without padding the states of an input do not depend on its company.
        """
        budget = _CPU_BUDGET if device.type == "cpu" else _GPU_BUDGET
        lengths = self.inputs.lengths
        cuts: list[list[int]] = []
        for row in np.argsort(lengths, kind="stable").tolist():
            length = int(lengths[row])
            last = cuts[-1] if cuts else []
            if not last or int(lengths[last[0]]) != length or (len(last) + 1) * length > budget:
                cuts.append([])
            cuts[-1].append(row)
        return cuts

    def place(self, row: int) -> slice:
        """Give the tokens of an input."""
        return slice(int(self.inputs.starts[row]), int(self.inputs.starts[row + 1]))


class StateStore(Protocol):
    """Where segments lie."""

    def find(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor | None:
        """Give the states that are there already, from an earlier run."""

    def room(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor:
        """Make room for the states, `[tokens of all inputs, hidden]`."""

    def seal(self, segment: StateSegment, states: Tensor) -> None:
        """All states are in the room that was made."""


@dataclass(frozen=True)
class MemoryStore:
    """Keeps segments on the device of the training; a `Store`."""

    device: torch.device

    def find(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor | None:
        """Memory has nothing of an earlier run."""
        return None

    def room(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor:
        """Take memory."""
        return torch.empty(len(segment.inputs.ids), hidden, dtype=dtype, device=self.device)

    def seal(self, segment: StateSegment, states: Tensor) -> None:
        """Nothing is left to do."""


@dataclass(frozen=True)
class DiskStore:
    """Keeps segments in files, which a later run with the same trunk and inputs finds again; a `Store`.

    A file holds nothing but the states, row by row in the byte order of this machine; its name is the hash
    of the trunk, the dtype and all inputs. Such files can be deleted at any time but during a training.

    Args:
        folder: where the files lie; made when the first one is written.
        trunk: digest of the trunk.
    """

    folder: Path
    trunk: str

    def find(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor | None:
        """Map the file of a segment, where a whole one is there."""
        path, tokens = self._path(segment, dtype), len(segment.inputs.ids)
        if not path.exists() or path.stat().st_size != tokens * hidden * dtype.itemsize:
            return None
        return _mapped(path, tokens, hidden, dtype)

    def room(self, segment: StateSegment, hidden: int, dtype: torch.dtype) -> Tensor:
        """Map a new file, which gets its name when it is whole.

        Raises:
            RunError: the disk has no room for it.
        """
        tokens = len(segment.inputs.ids)
        partial = self._path(segment, dtype).with_suffix(".partial")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.unlink(missing_ok=True)
            with partial.open("wb") as file:
                # A hole in the file would only be found full when a mapped page is written: a bus error.
                os.posix_fallocate(file.fileno(), 0, tokens * hidden * dtype.itemsize)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            raise RunError(
                f"{partial} cannot be written ({error.strerror}): make room there, or keep the states "
                "elsewhere (--keep-states memory or none, or a smaller --keep-limit)"
            ) from None
        return _mapped(partial, tokens, hidden, dtype, shared=True)

    def seal(self, segment: StateSegment, states: Tensor) -> None:
        """Give the file its name."""
        path = self._path(segment, states.dtype)
        partial = path.with_suffix(".partial")
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)

    def _path(self, segment: StateSegment, dtype: torch.dtype) -> Path:
        key = blake2b(f"{self.trunk} {dtype}".encode() + segment.inputs.digest(), digest_size=16)
        return self.folder / f"{key.hexdigest()}.states"


def _mapped(path: Path, tokens: int, hidden: int, dtype: torch.dtype, *, shared: bool = False) -> Tensor:
    flat = torch.from_file(str(path), shared=shared, size=tokens * hidden, dtype=dtype)
    return flat.view(tokens, hidden)
