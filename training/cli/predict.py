"""`ade-train predict`: prediction files in the official layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from training.cli.options import AlwaysCode, Device, NormalizerOption, Threads, Trunk
from training.cli.scorers import open_pipeline, text_progress
from training.cli.stopping import told_when_stopped


def predict_command(
    bundle: Annotated[str, typer.Argument(help="A bundle: its folder, or the name of one in the package.")],
    texts: Annotated[
        Path,
        typer.Option(help="tweets.tsv (tweet_id, text), a .jsonl file, or a folder of either layout."),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the five files.")],
    split: Annotated[str, typer.Option(help="Which split of a folder.")] = "test",
    always_code: AlwaysCode = False,
    normalizer: NormalizerOption = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace predictions at --out.")] = False,
) -> None:
    """Judge texts, and write class.tsv, spans.tsv, spans_norm.tsv, probabilities.tsv and candidates.tsv.

    The first three are as the organisers of SMM4H want them. The others are for `ade-train evaluate`: the
    Classifier's probability of ADE for each text, and the PTs considered for each span, ranked. A file of
    any size takes the same memory. The official score takes a span without a code for a wrong one:
    --always-code leaves none.
    """
    from training.evaluation.prediction_writer import require_no_predictions, writing_predictions
    from training.evaluation.tweet_files import count_lines, read_texts, score_texts, text_file

    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    require_no_predictions(out, overwrite=overwrite)
    source = text_file(texts, split)
    pipeline = open_pipeline(
        bundle, device=device, threads=threads, trunk=trunk, always_code=always_code, normalizer=normalizer
    )
    told = positive = spans = 0
    with (
        told_when_stopped(console),
        writing_predictions(out) as writer,
        text_progress(count_lines(source), console) as advance,
    ):
        for text, prediction in score_texts(pipeline, read_texts(source)):
            writer.write(text, prediction)
            told += 1
            positive += prediction.label == "ADE"
            spans += len(prediction.mentions)
            advance(1)
    console.print(f"wrote {escape(str(out))}")
    typer.echo(json.dumps({"bundle": pipeline.version, "texts": told, "positive": positive, "spans": spans}))
