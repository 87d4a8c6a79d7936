"""`ade-train accurate-bundle`: join the default bundle and a larger reader."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from training.cli.console import err, on_interrupt, print_note
from training.cli.options import Threads
from training.cli.progress import TrainingProgress


def accurate_bundle_command(
    corpora: Annotated[Path, typer.Option(help="Folder of the corpora, as for default-bundle.")],
    terminology: Annotated[Path, typer.Option(help="Folder of a MedDRA ASCII release: pt.asc and llt.asc.")],
    second: Annotated[Path, typer.Option(help="Bundle that `default-bundle --recipe second` made.")],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle; an existing bundle is replaced.")],
    first: Annotated[str, typer.Option(help="The bundle that reads every post.")] = "default",
    run: Annotated[Path, typer.Option(help="Folder for a copy that is evaluated.")] = Path(
        "runs/accurate-bundle"
    ),
    threads: Threads = 1,
    seed: Annotated[int, typer.Option(help="Seed of the data, as both bundles were trained with.")] = 1,
) -> None:
    """Make the bundle `accurate`: the default bundle reads every post, a larger reader the likeliest ones.

    Both are fitted to each other on validation tweets and reviews, and evaluated on the test texts.
    """
    from models.scoring import bundle_folder
    from training.default_bundle import DataSizes, build_accurate_bundle
    from training.methods import prepare_process

    prepare_process(threads=threads)
    command = f"ade-train accurate-bundle --corpora CORPORA --terminology TERMINOLOGY --out {out.name}"
    with on_interrupt("the same command starts over"), TrainingProgress(err) as progress:
        trained = build_accurate_bundle(
            corpora,
            terminology,
            out,
            first=bundle_folder(first),
            second=second,
            sizes=DataSizes(),
            seed=seed,
            run=run,
            command=command,
            callback=progress,
        )
    print_note(f"wrote {out}, version {trained.version}")
