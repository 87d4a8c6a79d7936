"""What a training tells whoever watches it.

Several watchers as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from training.loop.config import Task


class TrainingCallback(Protocol):
    """Told of each stage; the methods must be quick, `step` comes often."""

    def note(self, text: str) -> None:
        """Something that a user should know about the data, or about what was decided on the way."""

    def network(self, title: str, epochs: int) -> None:
        """The training of a network begins, or goes on; an ensemble has several."""

    def data(self, sizes: Mapping[Task, int]) -> None:
        """The data is ready: the examples of each task."""

    def keeping(self, done: int, total: int) -> None:
        """Of `total` inputs, the frozen trunk's states of `done` are computed and kept."""

    def epoch(self, number: int, steps: int) -> None:
        """An epoch begins, counted from 0."""

    def step(self, task: Task, loss: float, left: int) -> None:
        """A step of `task` was done, `left` remain in the epoch."""

    def scores(self, figures: Mapping[str, Any]) -> None:
        """An epoch ended with these losses and validation scores."""


class NullCallback:
    """Watches nothing."""

    def note(self, text: str) -> None:
        """Ignore it."""

    def network(self, title: str, epochs: int) -> None:
        """Ignore it."""

    def data(self, sizes: Mapping[Task, int]) -> None:
        """Ignore it."""

    def keeping(self, done: int, total: int) -> None:
        """Ignore it."""

    def epoch(self, number: int, steps: int) -> None:
        """Ignore it."""

    def step(self, task: Task, loss: float, left: int) -> None:
        """Ignore it."""

    def scores(self, figures: Mapping[str, Any]) -> None:
        """Ignore it."""


class CallbackList:
    """Tells each of several watchers all that happens; a `Watcher`."""

    def __init__(self, *watchers: TrainingCallback) -> None:
        self._watchers = watchers

    def note(self, text: str) -> None:
        """Pass it on."""
        for watcher in self._watchers:
            watcher.note(text)

    def network(self, title: str, epochs: int) -> None:
        """Pass it on."""
        for watcher in self._watchers:
            watcher.network(title, epochs)

    def data(self, sizes: Mapping[Task, int]) -> None:
        """Pass it on."""
        for watcher in self._watchers:
            watcher.data(sizes)

    def keeping(self, done: int, total: int) -> None:
        """Pass it on."""
        for watcher in self._watchers:
            watcher.keeping(done, total)

    def epoch(self, number: int, steps: int) -> None:
        """Pass it on."""
        for watcher in self._watchers:
            watcher.epoch(number, steps)

    def step(self, task: Task, loss: float, left: int) -> None:
        """Pass it on."""
        for watcher in self._watchers:
            watcher.step(task, loss, left)

    def scores(self, figures: Mapping[str, Any]) -> None:
        """Pass it on."""
        for watcher in self._watchers:
            watcher.scores(figures)
