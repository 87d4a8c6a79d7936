"""How far a training is, on stderr: a bar for each epoch, with the loss of each task."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from training.config import Task

# Share of the newest loss in the one that is shown.
_NEWEST = 0.05


class TrainingProgress:
    """Shows epochs and losses while it is open; a `Watcher`.

    Args:
        console: where to.
        epochs: of the whole training.
    """

    def __init__(self, console: Console, epochs: int) -> None:
        self._console = console
        self._epochs = epochs
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}"),
            console=console,
        )
        self._epoch: TaskID | None = None
        self._losses: dict[Task, float] = {}

    def __enter__(self) -> TrainingProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def data(self, sizes: Mapping[Task, int]) -> None:
        """Say how many examples each task has."""
        told = ", ".join(f"{task}: {size:,}" for task, size in sizes.items())
        self._console.print(f"examples by task: {told}")

    def epoch(self, number: int, steps: int) -> None:
        """Begin the bar of an epoch, counted from 0."""
        self._epoch = self._bar.add_task(f"epoch {number + 1} of {self._epochs}", total=steps, losses="")

    def step(self, task: Task, loss: float, left: int) -> None:
        """Move the bar on by one step."""
        shown = self._losses.get(task, loss)
        self._losses[task] = shown + _NEWEST * (loss - shown)
        if self._epoch is not None:
            losses = "  ".join(f"{name} {value:.3f}" for name, value in sorted(self._losses.items()))
            self._bar.update(self._epoch, advance=1, losses=losses)

    def scores(self, figures: Mapping[str, Any]) -> None:
        """Print what an epoch came to."""
        losses = ", ".join(f"{task} {loss:.3f}" for task, loss in sorted(figures["losses"].items()))
        f1 = ", ".join(f"{task} {scores['f1']:.3f}" for task, scores in figures["validation"].items())
        self._console.print(
            f"epoch {figures['epoch']}: losses {losses}; "
            f"validation F1 {f1} at threshold {figures['threshold']:g}"
        )
