"""`ade-train describe`: what a corpus holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from training.cli.console import figures_table, print_line, print_table, print_written
from training.cli.window_counts import (
    LONGEST_INPUT,
    USUAL_ENCODER,
    CountingEncoder,
    MaxTokens,
    counting_tokenizer,
    report_long_texts,
)

if TYPE_CHECKING:
    from training.description import TextFigures

_MAX_COUNTS = 5  # numbers of spans per text that the table shows


def describe_command(
    corpus: Annotated[
        Path, typer.Argument(metavar="DIR|FILE", help="A folder that `prepare` wrote, or a JSON Lines file.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for description.json and the charts; by default next to the corpus."),
    ] = None,
    encoder: CountingEncoder = USUAL_ENCODER,
    max_tokens: MaxTokens = LONGEST_INPUT,
) -> None:
    """Count and measure the texts of each split, and show how its PTIDs are distributed.

    Texts and spans beyond --max-tokens are counted, too: they are read in several windows. The histogram of
    PTIDs (the paper's Figure 1) is printed, and drawn as ptids-SPLIT.png.
    """
    from training.corpora import DESCRIPTION_FOLDER, read_splits
    from training.description import (
        count_ptids,
        description_to_json,
        draw_ptids,
        histogram_lines,
        measure_texts,
        ptid_lines,
    )
    from training.files import write_file, write_json

    tokenizer = counting_tokenizer(encoder, max_tokens)
    splits = read_splits(corpus)
    training = splits.get("train")
    known = None if training is None else count_ptids(training).counts.keys()
    texts = {name: measure_texts(examples) for name, examples in splits.items()}
    ptids = {
        name: count_ptids(examples, None if name == "train" else known) for name, examples in splits.items()
    }
    print_table(_texts_table(texts))
    print_table(_lengths_table(texts))
    windows = report_long_texts(splits, tokenizer)
    default = corpus / DESCRIPTION_FOLDER if corpus.is_dir() else corpus.with_suffix(f".{DESCRIPTION_FOLDER}")
    folder = out or default
    for name, spread in ptids.items():
        print_line()
        if not spread.counts:
            empty = "has no texts" if not texts[name].texts else "has no codes"
            print_line(f"{name} {empty}: there are no PTIDs to show")
            continue
        print_line(f"PTIDs of {name}: {len(spread.counts):,} in {spread.spans:,} coded spans")
        for line in [*histogram_lines(spread), *ptid_lines(spread)]:
            print_line(line)
        write_file(folder / f"ptids-{name}.png", draw_ptids(spread, name))
    document = description_to_json(texts, ptids)
    for name, counts in windows.items():
        document[name]["windows"] = {"encoder": encoder, "max_tokens": max_tokens, **counts}
    write_json(folder / "description.json", document)
    print_written(folder)


def _texts_table(figures: Mapping[str, TextFigures]) -> Table:
    rows = []
    for name, split in figures.items():
        share = f"{split.positive / split.texts:.1%}" if split.texts else "-"
        counts = (split.texts, split.distinct, split.documents, split.positive, split.spans, split.coded)
        texts, distinct, documents, positive, spans, coded = (f"{count:,}" for count in counts)
        per_text = [f"{spans}: {count:,}" for spans, count in split.spans_per_text.items()]
        more = ", …" if len(per_text) > _MAX_COUNTS else ""
        by_spans = ", ".join(per_text[:_MAX_COUNTS]) + more
        rows.append((name, texts, distinct, documents, positive, share, spans, coded, by_spans))
    headings = ("split", "texts", "distinct", "documents", "positive", "share", "spans", "coded")
    table = figures_table((*headings, "positive texts by number of spans"), rows)
    table.columns[-1].justify = "left"
    return table


def _lengths_table(figures: Mapping[str, TextFigures]) -> Table:
    rows = []
    for name, split in figures.items():
        kinds = (
            ("texts, characters", split.characters),
            ("texts, words", split.words),
            ("spans, characters", split.span_characters),
        )
        for kind, lengths in kinds:
            whole = (lengths.shortest, lengths.median, lengths.p95, lengths.longest)
            shortest, median, p95, longest = (f"{value:,}" for value in whole)
            rows.append((name, kind, shortest, median, f"{lengths.mean:,.1f}", p95, longest))
    return figures_table(
        ("split", "length of", "shortest", "median", "mean", "95 %", "longest"), rows, left=2
    )
