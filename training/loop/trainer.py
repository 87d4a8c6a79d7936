"""The trainer: epochs are trained, validated and saved; the best is kept; an interrupted training resumes.

The multi-task network (`multitask_training.py`) and the retriever (`training/retrieval/`) both use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor
from torch.optim import Optimizer

from models.network import Task
from training.loop.callbacks import TrainingCallback
from training.loop.processes import SINGLE_PROCESS, Processes
from training.loop.training_state import StateFolder, TrainingState


@dataclass(frozen=True)
class EpochScore:
    """The result of validating a model after an epoch.

    Attributes:
        score: decides which epoch is best; higher is better.
        figures: what the history records, JSON-ready; `f1` holds the F1 of each subtask that was scored.
    """

    score: float
    figures: Mapping[str, Any]


class Trainee(Protocol):
    """A model in training: what the trainer needs to know of it."""

    @property
    def epochs(self) -> int:
        """Number of epochs to train."""

    @property
    def patience(self) -> int:
        """Epochs without improvement after which training stops; 0 for never."""

    def prepare(self, callback: TrainingCallback) -> None:
        """Do what is needed before the first step, such as computing the trunk's states.

        Called only if there are epochs left to train.
        """

    def create_optimizer(self) -> Optimizer:
        """Create the optimizer of the trained weights."""

    def trained_weights(self) -> Mapping[str, Tensor]:
        """Return the weights that training changes, by name."""

    def load_trained_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Load what `trained_weights` returned."""

    def count_steps(self, epoch: int) -> int:
        """Return the number of steps in an epoch; the first epoch is 0."""

    def train_epoch(
        self, epoch: int, optimizer: Optimizer, callback: TrainingCallback
    ) -> Mapping[Task, float]:
        """Train one epoch. Return the mean loss of each task, and leave the model in eval mode.

        All randomness must come from the seed and `epoch`, so that a resumed training ends in the same
        weights as an uninterrupted one.
        """

    def validate(self, epoch: int) -> EpochScore:
        """Score the model after an epoch."""


def train_epochs(
    trainee: Trainee,
    folder: StateFolder,
    *,
    callback: TrainingCallback,
    processes: Processes = SINGLE_PROCESS,
) -> TrainingState:
    """Train a model, starting after the last epoch that `folder` holds. Leave it with its best weights.

    Args:
        trainee: the model.
        folder: holds the state after each epoch. All processes must see it; the first one writes.
        callback: receives the events.
        processes: the processes that train together; each calls this function.

    Raises:
        RunError: the folder holds another training or cannot be written; or what `trainee` raises.
    """
    state = folder.load() or TrainingState()
    if state.is_finished(trainee.epochs, trainee.patience):
        callback.on_message(f"already trained: the weights are in {folder.path}")
    else:
        if state.epochs_done:
            callback.on_message(
                f"resuming after epoch {state.epochs_done} of {trainee.epochs}, from {folder.path}"
            )
        trainee.prepare(callback)
        state = _remaining_epochs(trainee, state, folder, callback, processes)
    trainee.load_trained_weights(state.best)
    return state


def _remaining_epochs(
    trainee: Trainee,
    state: TrainingState,
    folder: StateFolder,
    callback: TrainingCallback,
    processes: Processes,
) -> TrainingState:
    optimizer = trainee.create_optimizer()
    if state.epochs_done:
        trainee.load_trained_weights(state.network)
        optimizer.load_state_dict(state.optimizer)
    while not state.is_finished(trainee.epochs, trainee.patience):
        epoch = state.epochs_done
        callback.on_epoch_start(epoch, trainee.count_steps(epoch))
        losses = trainee.train_epoch(epoch, optimizer, callback)
        validation = trainee.validate(epoch)
        figures = {"epoch": epoch + 1, "losses": dict(losses), **validation.figures}
        state = state.after_epoch(
            trainee.trained_weights(), optimizer.state_dict(), validation.score, figures
        )
        if processes.is_main:
            folder.save(state)
        callback.on_epoch_end(figures)
    processes.wait()
    return state
