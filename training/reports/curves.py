"""The losses and validation scores of a training: as curves in a PNG, and as TensorBoard logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from models.network import TASKS, Task
from training.extras import new_figure, png_bytes, require
from training.files import write_file
from training.loop import NullCallback

_COLOURS: Final = dict(zip(TASKS, ("#1f5fa8", "#b5541c", "#2f7d4f"), strict=False))

# A point for each step would make log files of many megabytes, so each point is the mean of some steps.
_STEPS_PER_POINT: Final = 20


def draw_curves(title: str, history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw the losses and scores of each epoch.

    Args:
        title: what was trained.
        history: for each epoch its `epoch`, its `losses` by task, and its `f1` by subtask.
        path: of the PNG; an existing file is replaced.

    Raises:
        RunError: matplotlib is not installed.
    """
    figure = new_figure(9, 3.6, "curves")
    left, right = figure.subplots(1, 2)
    for axes, key, name in ((left, "losses", "training loss"), (right, "f1", "F1 on validation")):
        for task in sorted({task for epoch in history for task in epoch[key]}):
            points = [(epoch["epoch"], epoch[key][task]) for epoch in history if task in epoch[key]]
            axes.plot(
                [epoch for epoch, _ in points],
                [value for _, value in points],
                marker="o",
                markersize=3,
                label=task,
                color=_COLOURS.get(task),
            )
        axes.set_xlabel("epoch")
        axes.set_title(name, fontsize="medium")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(visible=True, alpha=0.3)
        if axes.lines:
            axes.legend()
    right.set_ylim(0, 1)
    figure.suptitle(title)
    write_file(path, png_bytes(figure))


class TensorBoardLog(NullCallback):
    """Writes the logs of one network while it is open; a `TrainingCallback`.

    A resumed training continues the logs from the epoch in which it resumes. Later points of the earlier
    process are hidden.

    Args:
        folder: holds the event files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None
        self._step = 0
        self._recent: dict[Task, list[float]] = {}

    def __enter__(self) -> TensorBoardLog:
        require("tensorboard", "the logs")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def on_epoch_start(self, epoch: int, steps: int) -> None:
        """Open the log at the first epoch of this process, and set the step count."""
        self._step = epoch * steps
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self._folder), purge_step=self._step)

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        """Record the loss of a step."""
        self._step += 1
        recent = self._recent.setdefault(task, [])
        recent.append(loss)
        if len(recent) == _STEPS_PER_POINT:
            self._add(f"loss/{task}", sum(recent) / len(recent), self._step)
            recent.clear()

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        """Write the losses and scores of an epoch."""
        for task, loss in figures["losses"].items():
            self._add(f"epoch loss/{task}", loss, self._step)
        for task, f1 in figures["f1"].items():
            self._add(f"validation F1/{task}", f1, self._step)
        for depth, accuracy in figures.get("accuracy", {}).items():
            self._add(f"validation accuracy/at {depth}", accuracy, self._step)
        if self._writer is not None:
            self._writer.flush()

    def _add(self, name: str, value: float, step: int) -> None:
        if self._writer is not None:
            self._writer.add_scalar(name, value, step)
