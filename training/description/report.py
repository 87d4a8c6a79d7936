"""A description as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from training.description.ptids import FEWEST, PtidSpread
from training.description.texts import TextFigures

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
