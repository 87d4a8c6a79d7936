"""`ade-train predict`: prediction files in the official layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.cli.console import on_interrupt, print_json, print_written
from training.cli.options import AlwaysCode, ChosenNormalizer, Device, Threads, Trunk, open_pipeline
from training.cli.progress import progress_bar


def predict_command(
    bundle: Annotated[str, typer.Argument(help="A bundle: its folder, or the name of one in the package.")],
    texts: Annotated[
        Path,
        typer.Option(help="tweets.tsv (tweet_id, text), a .jsonl file, or a folder with either."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the five files.")],
    split: Annotated[
        str, typer.Option(help="Which split of a folder: train, valid (dev), test or all.")
    ] = "test",
    always_code: AlwaysCode = False,
    normalizer: ChosenNormalizer = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace predictions at --out.")] = False,
) -> None:
    """Score texts, and write class.tsv, spans.tsv, spans_norm.tsv, probabilities.tsv and candidates.tsv.

    The first three have the layout that the organisers of SMM4H use. The others are for `ade-train evaluate`:
    the probability of ADE for each text, and the ranked PTs that were considered for each span. Files of any
    size take the same memory. The official score counts a span without a code as wrong; --always-code leaves
    none.
    """
    from training.evaluation import (
        count_lines,
        read_texts,
        require_no_predictions,
        score_texts,
        text_file,
        writing_predictions,
    )

    require_no_predictions(out, overwrite=overwrite)
    source = text_file(texts, split)
    pipeline = open_pipeline(
        bundle, device=device, threads=threads, trunk=trunk, always_code=always_code, normalizer=normalizer
    )
    counts = {"texts": 0, "positive": 0, "spans": 0}
    with (
        on_interrupt(),
        writing_predictions(out) as writer,
        progress_bar(count_lines(source)) as advance,
    ):
        for text, prediction in score_texts(pipeline, read_texts(source)):
            writer.write(text, prediction)
            counts["texts"] += 1
            counts["positive"] += prediction.label == "ADE"
            counts["spans"] += len(prediction.mentions)
            advance(1)
    print_written(out)
    print_json({"bundle": pipeline.version, **counts})
