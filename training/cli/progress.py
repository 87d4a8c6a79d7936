"""Progress of a training on stderr: a bar for each network, with the loss of each task and the time left."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from models.network import Task
from training.cli.console import print_note

_SMOOTHING: Final = 0.05  # share of the newest loss in the one that is shown


class TrainingProgress:
    """Shows networks, epochs and losses while it is open; a `TrainingCallback`.

    Args:
        console: to print to; bars are only shown on a terminal.
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
        self._states_task: TaskID | None = None
        self._training_task: TaskID | None = None
        self._losses: dict[Task, float] = {}

    def __enter__(self) -> TrainingProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def on_message(self, text: str) -> None:
        """Print the message."""
        self._print(text)

    def on_network_start(self, title: str, epochs: int) -> None:
        """Start the bar of a network."""
        self._title, self._epochs = title, epochs
        self._training_task, self._losses = None, {}

    def on_data(self, sizes: Mapping[Task, int]) -> None:
        """Print the number of examples of each task."""
        by_task = ", ".join(f"{task}: {size:,}" for task, size in sizes.items())
        self._print(f"{self._title}: examples by task: {by_task}")

    def on_states_computed(self, done: int, total: int) -> None:
        """Show how many inputs the frozen trunk has processed, once for all epochs."""
        self._bar.start()
        if self._states_task is None:
            self._states_task = self._bar.add_task("frozen layers", total=total, losses="")
        self._bar.update(self._states_task, completed=done, total=total)
        if done >= total:
            self._bar.update(self._states_task, visible=False)
            self._states_task = None

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        """Move the bar to the start of an epoch, counted from 0."""
        self._bar.start()
        description = f"{self._title}, epoch {epoch + 1} of {self._epochs}"
        if self._training_task is None:
            # If a training was resumed, the epochs of the earlier run must not count for its speed.
            self._training_task = self._bar.add_task(
                description, total=steps * self._epochs, completed=steps * epoch, losses=""
            )
        self._bar.update(self._training_task, description=description, completed=steps * epoch)

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        """Move the bar by one step."""
        shown = self._losses.get(task, loss)
        self._losses[task] = shown + _SMOOTHING * (loss - shown)
        if self._training_task is not None:
            losses = "  ".join(f"{name} {value:.3f}" for name, value in sorted(self._losses.items()))
            self._bar.update(self._training_task, advance=1, losses=losses)

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        """Print losses and validation scores of an epoch."""
        losses = ", ".join(f"{task} {loss:.3f}" for task, loss in sorted(figures["losses"].items()))
        line = f"{self._title}, epoch {figures['epoch']}: losses {losses}"
        for key, name in (("f1", "validation F1"), ("accuracy", "accuracy at")):
            if values := figures.get(key):
                line += f"; {name} {', '.join(f'{label} {value:.3f}' for label, value in values.items())}"
        if "threshold" in figures:
            line += f" at threshold {figures['threshold']:.3g}"
        self._print(line)

    def _print(self, text: str) -> None:
        print_note(text, self._console)
