"""The histogram of PTIDs as a picture (the paper's Figure 1), with the coverage of the most frequent.

A description as text and as JSON.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from training.description.corpus_figures import FEWEST, PtidSpread, TextFigures
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


_BAR = 40  # characters
_TOP = 10


def histogram_lines(spread: PtidSpread) -> list[str]:
    """Draw the histogram with characters: for each range of examples, how many PTIDs have so many."""
    bins = spread.bins()
    most = max((ptids for _, _, ptids, _ in bins), default=0)
    lines = [f"{'examples':>12}  {'PTIDs':>6}  {'share':>7}"]
    for low, high, ptids, spans in bins:
        label = str(low) if low == high else f"{low}-{high}"
        bar = "█" * (round(ptids / most * _BAR) or bool(ptids))
        lines.append(f"{label:>12}  {ptids:>6,}  {spans / spread.spans:>7.1%}  {bar}".rstrip())
    return lines


def ptid_lines(spread: PtidSpread) -> list[str]:
    """Tell the most frequent PTIDs, what the n most frequent cover, and how many can be learnt."""
    top = [
        f"{count:>12,}  {ptid} {spread.names.get(ptid, '')}".rstrip()
        for ptid, count in list(spread.counts.items())[:_TOP]
    ]
    coverage = ", ".join(f"{n:,}: {share:.1%}" for n, share in spread.coverage().items())
    classes, share = spread.classes()
    lines = [
        *top,
        f"coverage of the n most frequent PTIDs: {coverage}",
        f"PTIDs with more than {FEWEST} examples: {classes:,}, which cover {share:.1%} of the coded spans",
    ]
    if spread.unseen is not None:
        lines.append(
            f"PTIDs unseen in training: {len(spread.unseen):,} of {len(spread.counts):,}, "
            f"{spread.unseen_spans / spread.spans:.1%} of the coded spans"
        )
    return lines


def to_json(texts: Mapping[str, TextFigures], ptids: Mapping[str, PtidSpread]) -> dict[str, Any]:
    """Give the figures by split, JSON-ready."""
    return {name: {**asdict(texts[name]), "ptids": _ptids(ptids[name])} for name in texts}


def _ptids(spread: PtidSpread) -> dict[str, Any]:
    classes, share = spread.classes()
    return {
        "distinct": len(spread.counts),
        "with_more_than_three": {"ptids": classes, "share_of_spans": round(share, 4)},
        "coverage": {str(n): round(share, 4) for n, share in spread.coverage().items()},
        "unseen_in_training": None if spread.unseen is None else list(spread.unseen),
        "counts": spread.counts,
    }
