"""Several watchers as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.loop.config import Task
from training.loop.watcher import Watcher


class Watchers:
    """Tells each of several watchers all that happens; a `Watcher`."""

    def __init__(self, *watchers: Watcher) -> None:
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
