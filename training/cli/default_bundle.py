"""`ade-train default-bundle`: make the bundle that the package ships."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.cli.console import err, on_interrupt, print_note, resume_hint
from training.cli.options import Json, KeepLimit, Threads, parse_size
from training.cli.progress import TrainingProgress, progress_bar
from training.cli.training_tables import print_trained
from training.errors import RunError


def default_bundle_command(
    corpora: Annotated[
        Path,
        typer.Option(
            help="Folder of the corpora: ade_corpus_v2.jsonl, lay_phrases.tsv, psytar_train.jsonl, "
            "tac2017_train.jsonl."
        ),
    ],
    terminology: Annotated[Path, typer.Option(help="Folder of a MedDRA ASCII release: pt.asc and llt.asc.")],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle; an existing bundle is replaced.")],
    run: Annotated[Path, typer.Option(help="Folder for the state after each epoch, to resume from.")] = Path(
        "runs/default-bundle"
    ),
    recipe: Annotated[
        str,
        typer.Option(help="default; or second, the larger reader that teaches it and joins it in accurate."),
    ] = "default",
    teacher: Annotated[
        list[str] | None,
        typer.Option(help="Bundle that the new one also learns from, such as the second; can be repeated."),
    ] = None,
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
    as_json: Json = False,
) -> None:
    """Train a bundle that the package ships; after Ctrl-C, the same command resumes.

    Resumes after the last complete epoch.

    Generates the tweets, reads the corpora, trains the three heads by Algorithm 1 and then the retriever.
    Chooses the threshold on held-out tweets, evaluates the bundle on others and by the checklist, and writes
    it with its model card and metrics.
    """
    if not 0 < scale <= 1:
        raise RunError(f"--scale is {scale}: it must be more than 0 and at most 1")
    from models.device import prefers_bfloat16
    from training.default_bundle import DataSizes, build_default_bundle, recipe_method
    from training.loop import SINGLE_PROCESS
    from training.methods import TrainingRun, prepare_process

    prepare_process(threads=threads)
    bfloat16 = prefers_bfloat16(SINGLE_PROCESS.device)
    method = recipe_method(recipe, rival, epochs=epochs, seed=seed, bfloat16=bfloat16)
    teachers = teacher or []
    command = (
        f"ade-train default-bundle --corpora CORPORA --terminology TERMINOLOGY --out {out.name} "
        f"--recipe {recipe} --epochs {method.training.epochs} --scale {scale:g} --seed {seed}"
    ) + (f" --rival {rival}" if rival else "")
    command += "".join(f" --teacher {Path(name).name}" for name in teachers)
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
            teachers=teachers,
            progress=progress_bar,
        )
    print_note(f"wrote {out}, version {trained.version}")
    print_trained(trained.version, trained.metrics, as_json=as_json)
