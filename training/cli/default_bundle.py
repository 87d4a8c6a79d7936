"""`ade-train default-bundle`: make the bundle that the package ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from training.cli.options import KeepLimit, Threads
from training.cli.progress import TrainingProgress
from training.cli.sizes import bytes_of
from training.cli.stopping import told_how_to_go_on
from training.errors import RunError


def default_bundle_command(
    corpora: Annotated[
        Path,
        typer.Option(help="Folder with tac2017_train.jsonl, ade_corpus_v2.jsonl and lay_phrases.tsv."),
    ],
    terminology: Annotated[Path, typer.Option(help="Folder of a MedDRA ASCII release: pt.asc and llt.asc.")],
    out: Annotated[Path, typer.Option(help="Where the bundle goes; a bundle that is there is replaced.")],
    run: Annotated[Path, typer.Option(help="Keeps the state after each epoch, to go on from.")] = Path(
        "runs/default-bundle"
    ),
    rival: Annotated[
        str | None,
        typer.Option(
            help="Train a preset of one classifier, such as mtl, on the same data, to compare with."
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data, if not 2.")] = None,
    scale: Annotated[float, typer.Option(help="Share of the data to use, for a trial: 0.05 is quick.")] = 1.0,
    threads: Threads = 1,
    seed: Annotated[int, typer.Option(help="Of the tweets, the split, the weights and the order.")] = 1,
    keep_limit: KeepLimit = "4GB",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over, whatever the run folder holds.")
    ] = False,
) -> None:
    """Train the default bundle; Ctrl-C stops it, the same command goes on after the last whole epoch.

    Writes the tweets, reads the corpora, trains the three heads by Algorithm 1 and then the retriever,
    chooses the threshold on tweets that were kept apart, judges the bundle by others and by the checklist,
    and writes it with its model card and metrics.
    """
    if not 0 < scale <= 1:
        raise RunError(f"--scale is {scale}: it must be more than 0 and at most 1")
    from models.device import prefers_bfloat16
    from training.default_bundle.build import build_default_bundle, default_method
    from training.default_bundle.data import DataSizes
    from training.loop.processes import SINGLE_PROCESS
    from training.methods.training_run import prepare_process, training_run

    prepare_process(threads=threads)
    method = default_method(rival, epochs=epochs, seed=seed, bfloat16=prefers_bfloat16(SINGLE_PROCESS.device))
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    command = (
        f"ade-train default-bundle --corpora CORPORA --terminology TERMINOLOGY --out {out.name} "
        f"--epochs {method.training.epochs} --scale {scale:g} --seed {seed}"
    ) + (f" --rival {rival}" if rival else "")
    with told_how_to_go_on(console, run), TrainingProgress(console) as progress:
        outcome = build_default_bundle(
            corpora,
            terminology,
            out,
            method=method,
            sizes=DataSizes().scaled(scale),
            shop=training_run(
                run,
                keep="memory",
                limit=bytes_of(keep_limit, option="--keep-limit"),
                processes=SINGLE_PROCESS,
                callback=progress,
                fresh=fresh,
            ),
            command=command,
        )
    console.print(f"wrote {escape(str(out))}, version {outcome.version}")
    typer.echo(json.dumps({"bundle": outcome.version, **outcome.metrics}))
