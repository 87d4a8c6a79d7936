"""How far a training is, on stderr: a bar for each network, with the loss of each task and the time left."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from training.loop.config import Task

# Share of the newest loss in the one that is shown.
_NEWEST = 0.05


class TrainingProgress:
    """Shows stages, epochs and losses while it is open; a `Watcher`.

    Args:
        console: where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._title = ""
        self._epochs = 1
        self._keeping: TaskID | None = None
        self._training: TaskID | None = None
        self._losses: dict[Task, float] = {}

    def __enter__(self) -> TrainingProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def on_message(self, text: str) -> None:
        """Print it."""
        self._console.print(escape(text))

    def on_network_start(self, title: str, epochs: int) -> None:
        """Begin the bar of a network."""
        self._title, self._epochs = title, epochs
        self._training, self._losses = None, {}

    def on_data(self, sizes: Mapping[Task, int]) -> None:
        """Say how many examples each task has."""
        told = ", ".join(f"{task}: {size:,}" for task, size in sizes.items())
        self._console.print(f"{self._title}: examples by task: {told}")

    def on_states_computed(self, done: int, total: int) -> None:
        """Show how many inputs the frozen trunk has seen, once and for all epochs."""
        self._bar.start()
        if self._keeping is None:
            self._keeping = self._bar.add_task("frozen layers", total=total, losses="")
        self._bar.update(self._keeping, completed=done, total=total)
        if done >= total:
            self._bar.update(self._keeping, visible=False)
            self._keeping = None

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        """Go on to an epoch, counted from 0."""
        self._bar.start()
        told = f"{self._title}, epoch {epoch + 1} of {self._epochs}"
        if self._training is None:
            # Where a training goes on, the epochs of the run before must not count for its speed.
            self._training = self._bar.add_task(
                told, total=steps * self._epochs, completed=steps * epoch, losses=""
            )
        self._bar.update(self._training, description=told, completed=steps * epoch)

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        """Move the bar on by one step."""
        shown = self._losses.get(task, loss)
        self._losses[task] = shown + _NEWEST * (loss - shown)
        if self._training is not None:
            losses = "  ".join(f"{name} {value:.3f}" for name, value in sorted(self._losses.items()))
            self._bar.update(self._training, advance=1, losses=losses)

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        """Print what an epoch came to."""
        losses = ", ".join(f"{task} {loss:.3f}" for task, loss in sorted(figures["losses"].items()))
        told = f"{self._title}, epoch {figures['epoch']}: losses {losses}"
        for key, name in (("f1", "validation F1"), ("accuracy", "accuracy at")):
            if values := figures.get(key):
                shown = ", ".join(f"{what} {value:.3f}" for what, value in values.items())
                told = f"{told}; {name} {shown}"
        at = f" at threshold {figures['threshold']:.3g}" if "threshold" in figures else ""
        self._console.print(f"{told}{at}")
