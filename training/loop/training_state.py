"""The run folder: what a training leaves after each epoch, so that it can go on after a kill."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.errors import RunError
from training.loop.config import TrainingConfig
from training.loop.task_data import TaskData

_FILE = "last-epoch.pt"


@dataclass
class TrainingState:
    """Where a training stands.

    Attributes:
        epochs_done: finished epochs.
        network: trained weights after the last epoch, on the CPU.
        optimizer: state of AdamW.
        best: trained weights of the epoch that did best on validation, on the CPU.
        best_epoch: that epoch, counted from 1; 0 before the first.
        best_score: its score.
        history: for each epoch its losses and scores, JSON-ready.
    """

    epochs_done: int = 0
    network: dict[str, Tensor] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int = 0
    best_score: float = -1.0
    history: list[dict[str, Any]] = field(default_factory=list)

    def is_finished(self, config: TrainingConfig) -> bool:
        """Tell whether all epochs are done, or the last `patience` of them brought nothing better."""
        stale = self.epochs_done - self.best_epoch
        return self.epochs_done >= config.epochs or 0 < config.patience <= stale


def fingerprint(config: TrainingConfig, tasks: Sequence[TaskData], *, beside: Iterable[str] = ()) -> str:
    """Identify a training by its settings and its data: 32 hex digits.

    Args:
        config: where states are kept, the device and the processes are no part of it, nor of the identity.
        tasks: D_1, D_2, D_3.
        beside: what else decides the result: digests of the validation data, of the trunk.
    """
    digest = blake2b(repr(config).encode(), digest_size=16)
    for data in tasks:
        digest.update(data.task.encode() + data.inputs.digest())
        digest.update(repr([list(target) for target in data.targets]).encode())
    for more in beside:
        digest.update(f"\n{more}".encode())
    return digest.hexdigest()


class StateFolder:
    """Keeps the state of one training.

    Args:
        path: the folder; made when the first epoch is saved.
        identity: of the training, see `fingerprint`.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self.path = path
        self._file = path / _FILE
        self._identity = identity

    def load(self) -> TrainingState | None:
        """Give the state after the last epoch, or None where there is none yet.

        Raises:
            RunError: the folder holds a training with other settings or data, or a damaged file.
        """
        if not self._file.exists():
            return None
        try:
            stored = torch.load(self._file, map_location="cpu", weights_only=True)
            identity = stored["identity"]
            state = TrainingState(**stored["state"]) if identity == self._identity else None
        except Exception as error:  # torch raises errors of many kinds for a damaged file
            raise RunError(f"{self._file} cannot be read ({error}): start over with --fresh") from None
        if state is None:
            raise RunError(
                f"{self.path} holds a training with other settings or data: "
                "start over with --fresh, or choose another folder with --run"
            )
        return state

    def save(self, state: TrainingState) -> None:
        """Write the state; a kill in the middle, or a full disk, leaves the one before.

        Raises:
            RunError: it cannot be written.
        """
        partial = self._file.with_suffix(".partial")
        fields = {name: getattr(state, name) for name in TrainingState.__dataclass_fields__}
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                torch.save({"identity": self._identity, "state": fields}, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._file)
        except (OSError, RuntimeError) as error:  # torch's own writer hides the OSError in a RuntimeError
            with suppress(OSError):
                partial.unlink()
            raise RunError(
                f"{self._file} cannot be written ({error}): make room there, and the same command goes on "
                "after the last whole epoch; or choose another folder with --run"
            ) from error

    def discard(self) -> None:
        """Forget the state."""
        self._file.unlink(missing_ok=True)


def clone(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copy weights to the CPU, so that later steps do not change them."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in state.items()}
