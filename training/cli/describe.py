"""`ade-train describe`: what a corpus holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from training.cli.tables import lengths_table, print_table, texts_table


def describe_command(
    corpus: Annotated[
        Path, typer.Argument(metavar="DIR|FILE", help="A folder that `prepare` wrote, or a JSON Lines file.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for description.json and the charts; by default beside the corpus."),
    ] = None,
) -> None:
    """Count and measure the texts of each split, and show how its PTIDs are spread.

    The histogram of PTIDs (the paper's Figure 1) is printed, and drawn as ptids-SPLIT.png.
    """
    from training.corpora.prepared import DESCRIPTION_FOLDER, read_splits
    from training.description import draw_ptids, measure_texts, spread_ptids
    from training.description.corpus_charts import histogram_lines, ptid_lines, to_json
    from training.files import write_json, write_whole

    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    splits = read_splits(corpus)
    training = splits.get("train")
    known = None if training is None else spread_ptids(training).counts.keys()
    texts = {name: measure_texts(examples) for name, examples in splits.items()}
    ptids = {
        name: spread_ptids(examples, None if name == "train" else known) for name, examples in splits.items()
    }
    print_table(texts_table(texts))
    print_table(lengths_table(texts))
    beside = corpus / DESCRIPTION_FOLDER if corpus.is_dir() else corpus.with_suffix(f".{DESCRIPTION_FOLDER}")
    folder = out or beside
    for name, spread in ptids.items():
        if not spread.counts:
            empty = "has no texts" if not texts[name].texts else "has no codes"
            typer.echo(f"\n{name} {empty}: there are no PTIDs to show")
            continue
        typer.echo(f"\nPTIDs of {name}: {len(spread.counts):,} in {spread.spans:,} coded spans")
        typer.echo("\n".join([*histogram_lines(spread), *ptid_lines(spread)]))
        write_whole(folder / f"ptids-{name}.png", draw_ptids(spread, name))
    write_json(folder / "description.json", to_json(texts, ptids))
    console.print(f"wrote {escape(str(folder))}")
