"""What a training saves after each epoch, so that it can resume after a kill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from training.errors import RunError
from training.files import write_state
from training.loop.config import TrainingConfig
from training.loop.task_data import TaskData

_FILE: Final = "last-epoch.pt"


@dataclass
class TrainingState:
    """The state of a training after its last finished epoch.

    Attributes:
        epochs_done: number of finished epochs.
        network: trained weights after the last epoch, on the CPU.
        optimizer: state of AdamW.
        best: trained weights after the epoch with the best validation score, on the CPU.
        best_epoch: that epoch, counted from 1; 0 before the first.
        best_score: its score.
        history: the losses and scores of each epoch, JSON-ready.
    """

    epochs_done: int = 0
    network: dict[str, Tensor] = field(default_factory=dict)
    optimizer: dict[str, Any] = field(default_factory=dict)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int = 0
    best_score: float = -1.0
    history: list[dict[str, Any]] = field(default_factory=list)

    def is_finished(self, epochs: int, patience: int) -> bool:
        """Return True if all epochs are done, or the last `patience` epochs brought no improvement."""
        stale = self.epochs_done - self.best_epoch
        return self.epochs_done >= epochs or 0 < patience <= stale

    def after_epoch(
        self, weights: Mapping[str, Tensor], optimizer: dict[str, Any], score: float, figures: dict[str, Any]
    ) -> TrainingState:
        """Return the state after one more epoch.

        Args:
            weights: trained weights after the epoch; they are copied to the CPU.
            optimizer: state of AdamW.
            score: the validation score, by which the best epoch is chosen.
            figures: what the history records of the epoch.
        """
        copied = {name: tensor.detach().to("cpu", copy=True) for name, tensor in weights.items()}
        epoch = self.epochs_done + 1
        is_better = score > self.best_score
        return TrainingState(
            epochs_done=epoch,
            network=copied,
            optimizer=optimizer,
            best=copied if is_better else self.best,
            best_epoch=epoch if is_better else self.best_epoch,
            best_score=score if is_better else self.best_score,
            history=[*self.history, figures],
        )


def fingerprint(config: TrainingConfig, tasks: Sequence[TaskData], *, extra: Iterable[str] = ()) -> str:
    """Identify a training by its settings and its data.

    The device, the number of processes and where states are kept do not change the identity.

    Args:
        config: the settings.
        tasks: D_1, D_2, D_3.
        extra: what else decides the result, such as digests of the validation data and of the encoder.

    Returns:
        32 hex digits.
    """
    digest = blake2b(config.identity.encode(), digest_size=16)
    for data in tasks:
        digest.update(data.task.encode() + data.inputs.digest())
        digest.update(repr([list(target) for target in data.targets]).encode())
        digest.update(data.soft.digest() if data.soft is not None else b"")
        digest.update(data.rates.digest() if data.rates is not None else b"")
        digest.update(data.relations.digest() if data.relations is not None else b"")
    for text in extra:
        digest.update(f"\n{text}".encode())
    return digest.hexdigest()


class StateFolder:
    """A folder that holds the state of one training.

    Args:
        path: the folder; created when the first epoch is saved.
        identity: of the training, see `fingerprint`.
    """

    def __init__(self, path: Path, identity: str) -> None:
        self.path = path
        self._file = path / _FILE
        self._identity = identity

    def load(self) -> TrainingState | None:
        """Load the state after the last epoch. Return None if there is none yet.

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
        """Write the state. After a kill in the middle or on a full disk, the previous state is still there.

        Raises:
            RunError: it cannot be written.
        """
        fields = {name: getattr(state, name) for name in TrainingState.__dataclass_fields__}
        write_state(
            self._file,
            {"identity": self._identity, "state": fields},
            resumes="to resume after the last finished epoch",
        )

    def discard(self) -> None:
        """Delete the state, so that the training starts over."""
        self._file.unlink(missing_ok=True)
