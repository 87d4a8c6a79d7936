"""`ade-train default-bundle`: make the bundle that the package ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from training.commands.progress import TrainingProgress
from training.errors import RunError


def default_bundle_command(
    corpora: Annotated[
        Path,
        typer.Option(help="Folder with tac2017_train.jsonl, ade_corpus_v2.jsonl and lay_phrases.tsv."),
    ],
    terminology: Annotated[Path, typer.Option(help="Folder of a MedDRA ASCII release: pt.asc and llt.asc.")],
    out: Annotated[Path, typer.Option(help="Where the bundle goes; one that is there is replaced.")],
    run: Annotated[Path, typer.Option(help="Keeps the state after each epoch, to go on from.")] = Path(
        "runs/default-bundle"
    ),
    epochs: Annotated[int, typer.Option(help="Passes over the data.")] = 2,
    frozen_layers: Annotated[int, typer.Option(help="Layers of the encoder that stay as they are.")] = 3,
    scale: Annotated[float, typer.Option(help="Share of the data to use, for a trial: 0.05 is quick.")] = 1.0,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = 1,
    seed: Annotated[int, typer.Option(help="Of the tweets, the split, the weights and the order.")] = 1,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over, whatever the run folder holds.")
    ] = False,
) -> None:
    """Train the default bundle; Ctrl-C stops it, the same command goes on after the last whole epoch.

    Writes the tweets, reads the corpora, trains the three heads by Algorithm 1, chooses the threshold on
    tweets that were kept apart, and writes the bundle with its model card and metrics.
    """
    if not 0 < scale <= 1:
        raise RunError(f"--scale is {scale}: it must be more than 0 and at most 1")
    if threads < 1:
        raise RunError(f"--threads is {threads}: it must be 1 or more")
    import torch

    from training.config import has_fast_bfloat16
    from training.default_bundle import build_default_bundle, default_config
    from training.default_data import DataSizes

    torch.set_num_threads(threads)
    config = default_config(
        epochs=epochs, frozen_layers=frozen_layers, seed=seed, bfloat16=has_fast_bfloat16()
    )
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    command = (
        "ade-train default-bundle --corpora CORPORA --terminology TERMINOLOGY --out models/bundles/default "
        f"--epochs {epochs} --frozen-layers {frozen_layers} --scale {scale:g} --seed {seed}"
    )
    try:
        with TrainingProgress(console) as progress:
            outcome = build_default_bundle(
                corpora,
                terminology,
                out,
                config=config,
                sizes=DataSizes().scaled(scale),
                run=run,
                command=command,
                fresh=fresh,
                watcher=progress,
            )
    except KeyboardInterrupt:
        console.print(
            f"stopped; the same command goes on after the last whole epoch (state in {escape(str(run))})"
        )
        raise
    console.print(f"wrote {escape(str(out))}, version {outcome.version}")
    typer.echo(json.dumps({"bundle": outcome.version, **outcome.metrics}))
