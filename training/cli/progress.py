"""Progress of long commands on stderr: a bar on a terminal, and a line from time to time in a log.

A log gets a line for each further twentieth of the work, but not more often than every ten seconds; and after
a minute without a line. So short commands print nothing, and long ones show that they go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from models.network import Task
from models.terminal import terminal_safe
from training.cli.console import err, print_note

_SMOOTHING: Final = 0.05  # share of the newest loss in the one that is shown
_SHARE: Final = 0.05  # of the work between two lines
_SOONEST: Final = 10.0  # seconds between two lines
_LATEST: Final = 60.0  # seconds after which there is a line, if anything was done


class ProgressLines:
    """Prints how far one piece of work is, for consoles that are not terminals.

    Args:
        console: to print to.
        title: what is done, in front of each line.
        total: number of units.
        unit: in the plural.
        done: number of units that were done before, which do not count for the speed.
        clock: returns seconds.
    """

    def __init__(
        self,
        console: Console,
        title: str,
        total: int,
        unit: str,
        *,
        done: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.title = title
        self._console = console
        self._total = total
        self._unit = unit
        self._clock = clock
        self._began = self._printed = clock()
        self._before = self._done = self._done_then = done

    def advance(self, units: int, details: Callable[[float], str] = lambda _rate: "") -> None:
        """Count further units, and print a line if it is time for one.

        Args:
            units: how many.
            details: returns what else to print, given the units per second; called only for a line.
        """
        self._done += units
        now = self._clock()
        waited, progress = now - self._printed, self._done - self._done_then
        if self._done >= self._total or waited < _SOONEST:
            return
        if waited < _LATEST and progress < _SHARE * self._total:
            return
        rate = (self._done - self._before) / (now - self._began)
        more = details(rate)
        left = duration((self._total - self._done) / rate) if rate else "unknown time"
        self._printed, self._done_then = now, self._done
        print_note(
            f"{self.title}: {self._done / self._total:.0%} ({self._done:,} of {self._total:,} {self._unit})"
            f"{', ' if more else ''}{more}, {left} left",
            self._console,
        )


@contextmanager
def progress_bar(
    total: int, unit: str = "texts", *, console: Console = err
) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr while the block runs: a bar on a terminal, elsewhere lines.

    Args:
        total: how many units there are.
        unit: in the plural.
        console: to print to.

    Yields:
        A function that is called with the number of further units that are done.
    """
    if not console.is_terminal:
        lines = ProgressLines(console, unit, total, unit)
        yield lambda done: lines.advance(done, lambda rate: f"{rate:,.3g} {unit}/s")
        return
    with Progress(
        plain_column("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as progress:
        task = progress.add_task(terminal_safe(unit), total=total)
        yield lambda done: progress.advance(task, done)


@contextmanager
def working(title: str, *, console: Console = err) -> Iterator[None]:
    """Show on stderr that something of unknown length goes on: a spinner, or in a log one line."""
    if console.is_terminal:
        with console.status(Text(terminal_safe(title))):
            yield
        return
    print_note(f"{title} …", console)
    yield


def plain_column(text: str) -> TextColumn:
    """Return a column that shows text as it is: titles and labels may have brackets, as rich's markup has.

    Args:
        text: a format, as for `TextColumn`.
    """
    return TextColumn(text, markup=False)


class TrainingProgress:
    """Shows networks, epochs and losses while it is open; a `TrainingCallback`.

    Args:
        console: to print to; bars on a terminal, elsewhere lines.
        clock: returns seconds.
    """

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._bar = Progress(
            plain_column("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            plain_column("{task.fields[losses]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._title = ""
        self._epochs = 1
        self._examples = 0
        self._steps = 1
        self._states_task: TaskID | None = None
        self._training_task: TaskID | None = None
        self._states_lines: ProgressLines | None = None
        self._training_lines: ProgressLines | None = None
        self._states_done = 0
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
        self._training_task, self._training_lines, self._losses = None, None, {}

    def on_data(self, sizes: Mapping[Task, int]) -> None:
        """Print the number of examples of each task."""
        self._examples = sum(sizes.values())
        by_task = ", ".join(f"{task}: {size:,}" for task, size in sizes.items())
        self._print(f"{self._title}: examples by task: {by_task}")

    def on_states_computed(self, done: int, total: int) -> None:
        """Show how many inputs the frozen trunk has processed, once for all epochs."""
        if self._states_task is None:
            self._bar.start()
            self._states_task = self._bar.add_task("frozen layers", total=total, losses="")
            self._states_lines = self._lines("frozen layers", total, "texts")
            self._states_done = 0
        self._bar.update(self._states_task, completed=done, total=total)
        if self._states_lines is not None:
            self._states_lines.advance(done - self._states_done, lambda rate: f"{rate:,.3g} texts/s")
        self._states_done = done
        if done >= total:
            self._bar.update(self._states_task, visible=False)
            self._states_task = None

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        """Move the bar to the start of an epoch, counted from 0."""
        self._bar.start()
        self._steps = max(1, steps)
        title = f"{self._title}, epoch {epoch + 1} of {self._epochs}"
        if self._training_task is None:
            # If a training was resumed, the epochs of the earlier run must not count for its speed.
            self._training_task = self._bar.add_task(
                terminal_safe(title), total=steps * self._epochs, completed=steps * epoch, losses=""
            )
            self._training_lines = self._lines(title, steps * self._epochs, "steps", done=steps * epoch)
            if self._training_lines is not None:
                self._print(f"{title}: {steps:,} steps in each epoch")
        if self._training_lines is not None:
            self._training_lines.title = title
        self._bar.update(self._training_task, description=terminal_safe(title), completed=steps * epoch)

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        """Move the bar by one step."""
        shown = self._losses.get(task, loss)
        self._losses[task] = shown + _SMOOTHING * (loss - shown)
        if self._training_task is not None:
            self._bar.update(self._training_task, advance=1, losses=self._losses_shown())
        if self._training_lines is not None:
            self._training_lines.advance(1, self._line_details)

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

    def _losses_shown(self) -> str:
        return "  ".join(f"{name} {value:.3f}" for name, value in sorted(self._losses.items()))

    def _line_details(self, rate: float) -> str:
        # An epoch sees each example once in expectation.
        examples = rate * self._examples / self._steps
        losses = ", ".join(f"loss {name} {value:.3f}" for name, value in sorted(self._losses.items()))
        return f"{losses}, {examples:,.3g} examples/s" if examples else losses

    def _lines(self, title: str, total: int, unit: str, *, done: int = 0) -> ProgressLines | None:
        if self._console.is_terminal:
            return None
        return ProgressLines(self._console, title, total, unit, done=done, clock=self._clock)

    def _print(self, text: str) -> None:
        print_note(text, self._console)


def duration(seconds: float) -> str:
    """Return a time in words, such as "45 s", "12 min" or "3 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
