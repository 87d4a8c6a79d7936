"""The diagrams of an evaluation as PNG: reliability, and precision over recall."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from training.evaluation.calibration import Reliability
from training.evaluation.thresholds import OperatingPoints
from training.extras import new_figure, png_bytes
from training.scorer import Counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE: Final = "#1f5fa8"
_ORANGE: Final = "#b5541c"
_GREY: Final = "#888888"


def reliability_png(reliability: Reliability, *, before: Reliability | None = None) -> bytes:
    """Draw the share of positives over the probability, and the number of texts in each bin.

    Args:
        reliability: of the probabilities.
        before: of the same before calibration, drawn in grey.

    Raises:
        RunError: matplotlib is not installed.
    """
    figure = new_figure(5, 5.6, "diagrams")
    from matplotlib.ticker import NullFormatter

    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], color=_GREY, linestyle="--", linewidth=1, label="perfect")
    if before is not None:
        _plot_bins(upper, before, _GREY, "before")
    _plot_bins(upper, reliability, _BLUE, "after" if before else "measured")
    upper.set_ylim(0, 1)
    upper.set_xlim(0, 1)
    upper.set_ylabel("share of positives")
    upper.set_title("Reliability of P(ADE)", fontsize="medium")
    upper.legend(loc="best")
    upper.grid(visible=True, alpha=0.3)
    middles = [(bin_.low + bin_.high) / 2 for bin_ in reliability.bins]
    lower.bar(middles, [bin_.texts for bin_ in reliability.bins], width=0.09, color=_BLUE)
    lower.set_yscale("log")
    lower.yaxis.set_minor_formatter(NullFormatter())
    lower.set_ylim(bottom=0.5)
    lower.set_ylabel("texts")
    lower.set_xlabel("probability")
    lower.grid(visible=True, axis="y", alpha=0.3)
    return png_bytes(figure)


def precision_recall_png(points: OperatingPoints, *, predicted: Counts) -> bytes:
    """Draw precision over recall of the Classifier.

    Args:
        points: of all thresholds of P(ADE).
        predicted: the counts of the predicted labels; line 12 of Algorithm 2 can lift them above the curve.

    Raises:
        RunError: matplotlib is not installed.
    """
    figure = new_figure(5, 4.6, "diagrams")
    axes = figure.subplots()
    recall, precision = points.recall.tolist(), points.precision.tolist()
    label = f"by P(ADE): average precision {points.average_precision:.3f}"
    axes.step([0, *recall], [precision[0], *precision], where="pre", color=_BLUE, label=label)
    label = f"predicted labels: F1 {predicted.f1:.3f}"
    axes.plot([predicted.recall], [predicted.precision], "o", color=_ORANGE, label=label, clip_on=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("recall")
    axes.set_ylabel("precision")
    axes.set_title("Precision and recall of 1a", fontsize="medium")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="lower left")
    return png_bytes(figure)


def _plot_bins(axes: Axes, reliability: Reliability, colour: str, name: str) -> None:
    axes.plot(
        [bin_.probability for bin_ in reliability.bins],
        [bin_.positive for bin_ in reliability.bins],
        color=colour,
        marker="o",
        markersize=4,
        label=f"{name} (ECE {reliability.error:.3f})",
    )
