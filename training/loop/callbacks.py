"""Callbacks: how progress bars, logs and tests follow a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from models.network import Task


class TrainingCallback(Protocol):
    """Receives the events of a training. Methods must be fast: `on_step_end` is called often."""

    def on_message(self, text: str) -> None:
        """Receive a message for the user about the data, or about a decision made on the way."""

    def on_network_start(self, title: str, epochs: int) -> None:
        """Note that a network starts or resumes training. An ensemble has several networks."""

    def on_data(self, sizes: Mapping[Task, int]) -> None:
        """Receive the number of training examples of each task."""

    def on_states_computed(self, done: int, total: int) -> None:
        """Receive how many of `total` inputs have had their trunk states computed and kept."""

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        """Note that an epoch of `steps` steps starts; the first epoch is 0."""

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        """Receive the loss of a step of `task`, and the number of steps left in the epoch."""

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        """Receive the losses and validation scores of a finished epoch."""


class NullCallback:
    """A `TrainingCallback` that does nothing; a base for callbacks that need only some events."""

    def on_message(self, text: str) -> None:
        """Do nothing."""

    def on_network_start(self, title: str, epochs: int) -> None:
        """Do nothing."""

    def on_data(self, sizes: Mapping[Task, int]) -> None:
        """Do nothing."""

    def on_states_computed(self, done: int, total: int) -> None:
        """Do nothing."""

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        """Do nothing."""

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        """Do nothing."""

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        """Do nothing."""


class CallbackList:
    """Passes each event to several callbacks, in order; a `TrainingCallback`."""

    def __init__(self, *callbacks: TrainingCallback) -> None:
        self._callbacks = callbacks

    def on_message(self, text: str) -> None:
        """Pass the event on."""
        for callback in self._callbacks:
            callback.on_message(text)

    def on_network_start(self, title: str, epochs: int) -> None:
        """Pass the event on."""
        for callback in self._callbacks:
            callback.on_network_start(title, epochs)

    def on_data(self, sizes: Mapping[Task, int]) -> None:
        """Pass the event on."""
        for callback in self._callbacks:
            callback.on_data(sizes)

    def on_states_computed(self, done: int, total: int) -> None:
        """Pass the event on."""
        for callback in self._callbacks:
            callback.on_states_computed(done, total)

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        """Pass the event on."""
        for callback in self._callbacks:
            callback.on_epoch_start(epoch, steps)

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        """Pass the event on."""
        for callback in self._callbacks:
            callback.on_step_end(task, loss, remaining)

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        """Pass the event on."""
        for callback in self._callbacks:
            callback.on_epoch_end(figures)
