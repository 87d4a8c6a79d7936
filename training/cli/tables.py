"""Tables of a corpus, and how tables are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from training.corpora.prepared import split_counts
from training.corpora.reading_log import ReadingLog
from training.description.corpus_figures import TextFigures
from training.examples import Example

_ENDLESS = 10_000  # characters


def print_table(table: Table) -> None:
    """Print a table on stdout, nothing cut: folded on a terminal, elsewhere each row is one line."""
    for column in table.columns:
        column.overflow = "fold"
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, width=_ENDLESS)
    console.print(table)


def corpus_table(splits: Mapping[str, Sequence[Example]]) -> Table:
    """Show how much each split holds."""
    table = Table("split", box=None)
    rows = {name: split_counts(examples) for name, examples in splits.items()}
    for column in ("texts", "positive", "share", "spans", "coded", "PTs"):
        table.add_column(column, justify="right")
    for name, counts in rows.items():
        share = f"{counts['positive'] / counts['texts']:.1%}" if counts["texts"] else "-"
        figures = (f"{counts[key]:,}" for key in ("spans", "coded", "pts"))
        table.add_row(name, f"{counts['texts']:,}", f"{counts['positive']:,}", share, *figures)
    return table


def log_table(log: ReadingLog, source: Path) -> Table:
    """Show what was read, dropped for a fault and changed without one, the latter with their first place.

    Files are named from the corpus's folder on, since several splits have files of one name.
    """
    table = Table("", "what", box=None)
    table.add_column("count", justify="right")
    table.add_column("first")
    for kind, count in log.counts.items():
        table.add_row("read", Text(kind), f"{count:,}", "")
    for outcome, counts in (("dropped", log.dropped), ("noted", log.noted)):
        for reason, count in counts.most_common():
            first = log.places[reason][0]
            inside = first.path != source and first.path.is_relative_to(source)
            name = str(first.path.relative_to(source)) if inside else first.path.name
            place = name if first.line is None else f"{name}, line {first.line}"
            table.add_row(outcome, Text(reason), f"{count:,}", Text(f"{place}: {first.detail}"))
    return table


def texts_table(figures: Mapping[str, TextFigures]) -> Table:
    """Show counts of the texts and spans of each split."""
    table = Table("split", box=None)
    columns = ("texts", "distinct", "documents", "positive", "share", "spans", "coded")
    for column in columns:
        table.add_column(column, justify="right")
    table.add_column("positive texts by number of spans")
    for name, of in figures.items():
        share = f"{of.positive / of.texts:.1%}" if of.texts else "-"
        counts = (of.texts, of.distinct, of.documents, of.positive, of.spans, of.coded)
        texts, distinct, documents, positive, spans, coded = (f"{count:,}" for count in counts)
        per_text = ", ".join(f"{spans}: {count:,}" for spans, count in list(of.spans_per_text.items())[:5])
        more = "" if len(of.spans_per_text) <= 5 else ", …"
        table.add_row(name, texts, distinct, documents, positive, share, spans, coded, f"{per_text}{more}")
    return table


def lengths_table(figures: Mapping[str, TextFigures]) -> Table:
    """Show the lengths of the texts and spans of each split."""
    table = Table("split", "length of", box=None)
    for column in ("shortest", "median", "mean", "95 %", "longest"):
        table.add_column(column, justify="right")
    for name, of in figures.items():
        kinds = (
            ("texts, characters", of.characters),
            ("texts, words", of.words),
            ("spans, characters", of.span_characters),
        )
        for kind, lengths in kinds:
            whole = (lengths.shortest, lengths.median, lengths.p95, lengths.longest)
            shortest, median, p95, longest = (f"{value:,}" for value in whole)
            table.add_row(name, kind, shortest, median, f"{lengths.mean:,.1f}", p95, longest)
    return table
