"""The curves of a training as PNG: the loss of each task and the validation scores, by epoch."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from training.extras import require
from training.files import write_whole

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
    write_whole(path, drawn.getvalue())
