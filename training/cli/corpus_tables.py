"""The tables that several commands print about a corpus: the size of its splits, and its reading log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from training.cli.console import add_row, figures_table

if TYPE_CHECKING:
    from training.corpora import ReadingLog
    from training.examples import Example


def corpus_table(splits: Mapping[str, Sequence[Example]]) -> Table:
    """Return a table of the size of each split."""
    from training.corpora import split_counts

    rows = []
    for name, examples in splits.items():
        counts = split_counts(examples)
        share = f"{counts['positive'] / counts['texts']:.1%}" if counts["texts"] else "-"
        figures = (f"{counts[key]:,}" for key in ("spans", "coded", "pts"))
        rows.append((name, f"{counts['texts']:,}", f"{counts['positive']:,}", share, *figures))
    return figures_table(("split", "texts", "positive", "share", "spans", "coded", "PTs"), rows)


def log_table(log: ReadingLog, source: Path) -> Table:
    """Return a table of what was read, dropped as malformed, or noted, each kind with its first place.

    Files are named relative to the corpus's folder, because several splits have files of the same name.
    """
    table = Table("", "what", box=None)
    table.add_column("count", justify="right")
    table.add_column("first")
    for kind, count in log.counts.items():
        add_row(table, "read", kind, f"{count:,}", "")
    for outcome, counts in (("dropped", log.dropped), ("noted", log.noted)):
        for reason, count in counts.most_common():
            first = log.places[reason][0]
            inside = first.path != source and first.path.is_relative_to(source)
            name = str(first.path.relative_to(source)) if inside else first.path.name
            place = name if first.line is None else f"{name}, line {first.line}"
            add_row(table, outcome, reason, f"{count:,}", f"{place}: {first.detail}")
    return table
