"""`ade-train default-bundle`: make the bundle that the package ships."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.cli.console import err, on_interrupt, print_json, print_note, resume_hint
from training.cli.options import KeepLimit, Threads, parse_size
from training.cli.progress import TrainingProgress
from training.errors import RunError


def default_bundle_command(
    corpora: Annotated[
        Path,
        typer.Option(help="Folder with tac2017_train.jsonl, ade_corpus_v2.jsonl and lay_phrases.tsv."),
    ],
    terminology: Annotated[Path, typer.Option(help="Folder of a MedDRA ASCII release: pt.asc and llt.asc.")],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle; an existing bundle is replaced.")],
    run: Annotated[Path, typer.Option(help="Folder for the state after each epoch, to resume from.")] = Path(
        "runs/default-bundle"
    ),
    rival: Annotated[
        str | None,
        typer.Option(
            help="Train a preset with one classifier, such as mtl, on the same data, to compare with."
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data, if not 2.")] = None,
    scale: Annotated[float, typer.Option(help="Share of the data to use, for a trial: 0.05 is quick.")] = 1.0,
    threads: Threads = 1,
    seed: Annotated[int, typer.Option(help="Seed of the tweets, the split, the weights and the order.")] = 1,
    keep_limit: KeepLimit = "4GB",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over, whatever the run folder holds.")
    ] = False,
) -> None:
    """Train the default bundle; after Ctrl-C, the same command resumes after the last complete epoch.

    Generates the tweets, reads the corpora, trains the three heads by Algorithm 1 and then the retriever.
    Chooses the threshold on held-out tweets, evaluates the bundle on others and by the checklist, and writes
    it with its model card and metrics.
    """
    if not 0 < scale <= 1:
        raise RunError(f"--scale is {scale}: it must be more than 0 and at most 1")
    from models.device import prefers_bfloat16
    from training.default_bundle import DataSizes, build_default_bundle, default_method
    from training.loop import SINGLE_PROCESS
    from training.methods import TrainingRun, prepare_process

    prepare_process(threads=threads)
    method = default_method(rival, epochs=epochs, seed=seed, bfloat16=prefers_bfloat16(SINGLE_PROCESS.device))
    command = (
        f"ade-train default-bundle --corpora CORPORA --terminology TERMINOLOGY --out {out.name} "
        f"--epochs {method.training.epochs} --scale {scale:g} --seed {seed}"
    ) + (f" --rival {rival}" if rival else "")
    with on_interrupt(resume_hint(run)), TrainingProgress(err) as progress:
        trained = build_default_bundle(
            corpora,
            terminology,
            out,
            method=method,
            sizes=DataSizes().scaled(scale),
            run=TrainingRun.in_folder(
                run,
                keep="memory",
                limit=parse_size(keep_limit, option="--keep-limit"),
                processes=SINGLE_PROCESS,
                callback=progress,
                fresh=fresh,
            ),
            command=command,
        )
    print_note(f"wrote {out}, version {trained.version}")
    print_json({"bundle": trained.version, **trained.metrics})
