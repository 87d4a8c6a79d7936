"""The histogram of PTIDs as a picture (the paper's Figure 1), with the coverage of the most frequent."""

from __future__ import annotations

import io

from training.description.ptids import FEWEST, PtidSpread
from training.extras import require

_INK = "#1f4e79"
_SIZE = (11.0, 4.2)  # inches
_DOTS = 150  # per inch


def draw_ptids(spread: PtidSpread, title: str) -> bytes:
    """Draw the number of examples of each PTID, the most frequent first, and the share that they cover.

    Returns:
        A PNG.

    Raises:
        RunError: matplotlib is not installed.
        ValueError: there are no coded spans.
    """
    require("matplotlib", "charts")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    if not spread.counts:
        raise ValueError("there are no coded spans to draw")
    counts = list(spread.counts.values())
    ranks = range(1, len(counts) + 1)
    classes, share = spread.classes()
    figure = Figure(figsize=_SIZE, dpi=_DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    histogram, coverage = figure.subplots(1, 2)
    figure.suptitle(f"{title}: {len(counts):,} PTIDs, {spread.spans:,} coded spans")

    histogram.bar(ranks, counts, width=1.0, color=_INK)
    histogram.set(xlabel="PTIDs, the most frequent first", ylabel="examples", xlim=(0.5, len(counts) + 0.5))
    histogram.yaxis.set_major_locator(MaxNLocator(integer=True))

    coverage.plot(
        ranks, spread.covered(), color=_INK, drawstyle="steps-post", marker="." if len(counts) < 3 else ""
    )
    coverage.set(xlabel="most frequent PTIDs", ylabel="share of the coded spans", ylim=(0, 1.02))
    coverage.yaxis.set_major_formatter(PercentFormatter(1.0))
    if classes:
        told = f"{classes:,} with more than {FEWEST} examples: {share:.1%}"
        for axes in (histogram, coverage):
            axes.axvline(classes + 0.5, color="#c0504d", linestyle="--", linewidth=1, label=told)
        coverage.legend(loc="lower right")
    for axes in (histogram, coverage):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()
