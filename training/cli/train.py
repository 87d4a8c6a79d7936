"""`ade-train train`: a preset trained on a corpus, to a bundle."""

from __future__ import annotations

import json
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from training.cli.options import (
    Device,
    EncoderSource,
    KeepIn,
    KeepLimit,
    KeepStates,
    Settings,
    TerminologyFolder,
    Threads,
    WordNetFolder,
)
from training.cli.progress import TrainingProgress
from training.cli.sizes import bytes_of
from training.cli.stopping import told_how_to_go_on
from training.errors import RunError


class Adversarial(StrEnum):
    """Which adversarial training."""

    NONE = "none"
    FGM = "fgm"
    FREELB = "freelb"


def train_command(
    train: Annotated[
        Path, typer.Option(help="Training texts: a prepared folder (its train.jsonl) or a .jsonl file.")
    ],
    valid: Annotated[
        Path, typer.Option(help="Validation texts: a prepared folder (its valid.jsonl) or a .jsonl file.")
    ],
    out: Annotated[Path, typer.Option(help="Where the bundle goes.")],
    preset: Annotated[
        str,
        typer.Option(help="mtl, boosting-ensemble, enhanced-ensemble, enhanced-normalizer or full."),
    ] = "mtl",
    settings: Settings = None,
    encoder: EncoderSource = None,
    adversarial: Annotated[
        Adversarial | None, typer.Option(help="Train on the worst small change of the embeddings as well.")
    ] = None,
    terminology: TerminologyFolder = None,
    with_terminology: Annotated[
        bool,
        typer.Option(
            "--with-terminology",
            help="Put the names of the release into the bundle, which must not be passed on then.",
        ),
    ] = False,
    wordnet: WordNetFolder = None,
    run: Annotated[
        Path | None, typer.Option(help="Run folder, to go on from; by default runs/ and the bundle's name.")
    ] = None,
    keep_states: KeepStates = KeepIn.MEMORY,
    keep_limit: KeepLimit = "4GB",
    threads: Threads = 1,
    device: Device = "auto",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over, whatever the run folder holds.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another bundle that is at --out.")
    ] = False,
) -> None:
    """Train a preset of the paper, or ours; Ctrl-C stops it, the same command goes on.

    Evaluates after each epoch and keeps the best one. The run folder has the settings, the environment, the
    curves and TensorBoard logs. For several GPUs start it by `accelerate launch -m training.cli.app train …`.
    """
    limit = bytes_of(keep_limit, option="--keep-limit")
    from models.terminology import read_release
    from training.corpora.prepared import read_split
    from training.examples import TrainingData
    from training.loop.processes import join_processes
    from training.methods.training_run import effective_method, prepare_process, training_run

    chosen = [*(settings or [])]
    if encoder is not None:
        chosen.append(f"encoder={encoder}")
    if adversarial is not None:
        chosen.append(f"adversarial={adversarial}")
    prepare_process(threads=threads)
    processes = join_processes(device)
    method = effective_method(preset, chosen, device=processes.device)
    release = read_release(terminology) if terminology else None
    if with_terminology and (release is None or method.normalizer == "classifier"):
        raise RunError(
            "--with-terminology puts the names of a release into the bundle: give --terminology, and "
            "--set normalizer=hybrid or retrieval, which search them"
        )
    data = TrainingData(
        read_split(train, "train"),
        read_split(valid, "valid"),
        release.pt_names if release else {},
        release,
    )
    from training.methods.method import train_method
    from training.methods.training_run import open_synonyms

    run = run or Path("runs") / out.resolve().name
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True, quiet=not processes.is_main)
    command = f"ade-train train --preset {preset} --train TRAIN --valid VALID --out OUT".split()
    for setting in chosen:
        command += ["--set", _without_folders(setting)]
    with told_how_to_go_on(console, run), TrainingProgress(console) as progress:
        outcome = train_method(
            method,
            data,
            out=out,
            shop=training_run(
                run,
                keep=keep_states.value,
                limit=limit,
                processes=processes,
                callback=progress,
                fresh=fresh,
            ),
            command=shlex.join(command),
            wordnet=open_synonyms(method, wordnet),
            overwrite=overwrite,
            carry_terminology=with_terminology,
        )
    if processes.is_main:
        wrote, logs = escape(str(out)), escape(str(run))
        console.print(f"wrote {wrote}, version {outcome.version}; curves and logs are in {logs}")
        typer.echo(json.dumps({"bundle": outcome.version, **outcome.metrics}))


def _without_folders(setting: str) -> str:
    """Name an encoder in a folder of this machine by its last part: the model card has the command."""
    key, equals, value = setting.partition("=")
    return f"{key}{equals}{Path(value).resolve().name}" if Path(value).is_dir() else setting
