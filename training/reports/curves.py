"""The curves of a training as PNG: the loss of each task and the validation scores, by epoch.

TensorBoard logs of a training: the loss of each task by step, the validation scores by epoch.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from models.network.heads import Task
from training.extras import require
from training.files import write_file
from training.loop.callbacks import NullCallback

_COLOURS: Final = {"1a": "#1f5fa8", "1b": "#b5541c", "1c": "#2f7d4f"}


def draw_curves(title: str, history: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw what each epoch came to.

    Args:
        title: what was trained.
        history: for each epoch its number, `losses` by task, and `f1` by subtask, as a training keeps it.
        path: of the PNG; one that is there is replaced.

    Raises:
        RunError: matplotlib is not installed.
    """
    require("matplotlib", "curves")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    for axes, key, name in ((left, "losses", "training loss"), (right, "f1", "F1 on validation")):
        for task in sorted({task for epoch in history for task in epoch[key]}):
            points = [(epoch["epoch"], epoch[key][task]) for epoch in history if task in epoch[key]]
            axes.plot(
                [number for number, _ in points],
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
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=120)
    write_file(path, drawn.getvalue())


# A scalar for each step would make files of many megabytes: the mean of so many steps is one point.
_STEPS_A_POINT = 20


class TensorBoardLog(NullCallback):
    """Writes the logs of one network while it is open; a `Watcher`.

    A training that goes on after a kill adds to the logs from the epoch that it goes on with: points of a
    later step that an earlier process wrote are hidden.

    Args:
        folder: where the event files go.
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
        """Begin an epoch, counted from 0; the first one that is told opens the log."""
        self._step = epoch * steps
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self._folder), purge_step=self._step)

    def on_step_end(self, task: Task, loss: float, remaining: int) -> None:
        """Take a step's loss down."""
        self._step += 1
        recent = self._recent.setdefault(task, [])
        recent.append(loss)
        if len(recent) == _STEPS_A_POINT:
            self._add(f"loss/{task}", sum(recent) / len(recent), self._step)
            recent.clear()

    def on_epoch_end(self, figures: Mapping[str, Any]) -> None:
        """Write what an epoch came to."""
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
