"""Packages of the extras: a check before the work that needs them, and matplotlib's figures as PNG."""

from __future__ import annotations

import io
from importlib import import_module
from typing import TYPE_CHECKING

from training.errors import RunError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def require(package: str, what: str, *, extra: str = "train") -> None:
    """Check that a package of an extra is installed.

    Args:
        package: its import name.
        what: what needs it, in the plural, for the message: "curves".
        extra: the extra that it belongs to.

    Raises:
        RunError: it is not installed.
    """
    try:
        import_module(package)
    except ImportError:
        raise RunError(
            f"{what} need {package}, which is not installed: run pip install 'ade-monitor[{extra}]'"
        ) from None


def new_figure(width: float, height: float, what: str) -> Figure:
    """Return an empty figure, which needs no display.

    Args:
        width: in inches.
        height: in inches.
        what: what it is for, in the plural, for the message: "curves".

    Raises:
        RunError: matplotlib is not installed.
    """
    require("matplotlib", what)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png_bytes(figure: Figure, *, dots: int = 120) -> bytes:
    """Return a figure as PNG, with a number of dots per inch; equal figures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dots, metadata={"Software": None})
    return buffer.getvalue()
