"""The figures of a corpus as a chart (the paper's Figure 1), as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from training.description.corpus_figures import FEWEST, PtidDistribution, TextFigures
from training.extras import new_figure, png_bytes

_INK = "#1f4e79"
_SIZE = (11.0, 4.2)  # inches
_DOTS = 150  # per inch
_BAR = 40  # characters
_TOP = 10


def draw_ptids(distribution: PtidDistribution, title: str) -> bytes:
    """Draw the number of examples of each PTID, the most frequent first, and the share that they cover.

    Returns:
        A PNG.

    Raises:
        RunError: matplotlib is not installed.
        ValueError: there are no coded spans.
    """
    figure = new_figure(*_SIZE, "charts")
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    if not distribution.counts:
        raise ValueError("there are no coded spans to draw")
    counts = list(distribution.counts.values())
    ranks = range(1, len(counts) + 1)
    classes, share = distribution.classes()
    histogram, coverage = figure.subplots(1, 2)
    figure.suptitle(f"{title}: {len(counts):,} PTIDs, {distribution.spans:,} coded spans")

    histogram.bar(ranks, counts, width=1.0, color=_INK)
    histogram.set(xlabel="PTIDs, the most frequent first", ylabel="examples", xlim=(0.5, len(counts) + 0.5))
    histogram.yaxis.set_major_locator(MaxNLocator(integer=True))

    coverage.plot(
        ranks,
        distribution.covered(),
        color=_INK,
        drawstyle="steps-post",
        marker="." if len(counts) < 3 else "",
    )
    coverage.set(xlabel="most frequent PTIDs", ylabel="share of the coded spans", ylim=(0, 1.02))
    coverage.yaxis.set_major_formatter(PercentFormatter(1.0))
    if classes:
        label = f"{classes:,} with more than {FEWEST} examples: {share:.1%}"
        for axes in (histogram, coverage):
            axes.axvline(classes + 0.5, color="#c0504d", linestyle="--", linewidth=1, label=label)
        coverage.legend(loc="lower right")
    for axes in (histogram, coverage):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
    return png_bytes(figure, dots=_DOTS)


def histogram_lines(distribution: PtidDistribution) -> list[str]:
    """Draw the histogram with characters: the number of PTIDs for each range of examples."""
    bins = distribution.bins()
    most = max((ptids for _, _, ptids, _ in bins), default=0)
    lines = [f"{'examples':>12}  {'PTIDs':>6}  {'share':>7}"]
    for low, high, ptids, spans in bins:
        label = str(low) if low == high else f"{low}-{high}"
        bar = "█" * (round(ptids / most * _BAR) or bool(ptids))
        lines.append(f"{label:>12}  {ptids:>6,}  {spans / distribution.spans:>7.1%}  {bar}".rstrip())
    return lines


def ptid_lines(distribution: PtidDistribution) -> list[str]:
    """Return lines on the most frequent PTIDs, the coverage of the n most frequent, and unseen ones."""
    top = [
        f"{count:>12,}  {ptid} {distribution.names.get(ptid, '')}".rstrip()
        for ptid, count in list(distribution.counts.items())[:_TOP]
    ]
    coverage = ", ".join(f"{n:,}: {share:.1%}" for n, share in distribution.coverage().items())
    classes, share = distribution.classes()
    lines = [
        *top,
        f"coverage of the n most frequent PTIDs: {coverage}",
        f"PTIDs with more than {FEWEST} examples: {classes:,}, which cover {share:.1%} of the coded spans",
    ]
    if distribution.unseen is not None:
        lines.append(
            f"PTIDs unseen in training: {len(distribution.unseen):,} of {len(distribution.counts):,}, "
            f"{distribution.unseen_spans / distribution.spans:.1%} of the coded spans"
        )
    return lines


def description_to_json(
    texts: Mapping[str, TextFigures], ptids: Mapping[str, PtidDistribution]
) -> dict[str, Any]:
    """Return the figures by split, JSON-ready."""
    return {name: {**asdict(texts[name]), "ptids": _ptids_json(ptids[name])} for name in texts}


def _ptids_json(distribution: PtidDistribution) -> dict[str, Any]:
    classes, share = distribution.classes()
    return {
        "distinct": len(distribution.counts),
        "with_more_than_three": {"ptids": classes, "share_of_spans": round(share, 4)},
        "coverage": {str(n): round(share, 4) for n, share in distribution.coverage().items()},
        "unseen_in_training": None if distribution.unseen is None else list(distribution.unseen),
        "counts": distribution.counts,
    }
