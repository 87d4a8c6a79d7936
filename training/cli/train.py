"""`ade-train train`: a preset trained on a corpus, to a bundle."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from training.cli.console import err, on_interrupt, print_json, print_note, resume_hint, silent
from training.cli.options import (
    Device,
    EncoderSource,
    KeepLimit,
    KeepStates,
    Settings,
    TerminologyFolder,
    Threads,
    WordNetFolder,
    parse_size,
)
from training.cli.progress import TrainingProgress
from training.errors import RunError


def train_command(
    train: Annotated[
        Path, typer.Option(help="Training texts: a prepared folder (its train.jsonl) or a .jsonl file.")
    ],
    valid: Annotated[
        Path, typer.Option(help="Validation texts: a prepared folder (its valid.jsonl) or a .jsonl file.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle.")],
    preset: Annotated[
        str,
        typer.Option(help="mtl, boosting-ensemble, enhanced-ensemble, enhanced-normalizer or full."),
    ] = "mtl",
    settings: Settings = None,
    encoder: EncoderSource = None,
    adversarial: Annotated[
        Literal["none", "fgm", "freelb"] | None,
        typer.Option(help="Also train on the worst small change of the embeddings."),
    ] = None,
    languages: Annotated[
        str | None,
        typer.Option(
            metavar="LANGS",
            help="Languages of the texts, such as en,es; by default en. Workers skip posts in others.",
        ),
    ] = None,
    terminology: TerminologyFolder = None,
    with_terminology: Annotated[
        bool,
        typer.Option(
            "--with-terminology",
            help="Put the names of the release into the bundle, which must then not be passed on.",
        ),
    ] = False,
    wordnet: WordNetFolder = None,
    run: Annotated[
        Path | None,
        typer.Option(help="Run folder, to resume from; by default runs/ and the bundle's name."),
    ] = None,
    keep_states: KeepStates = "memory",
    keep_limit: KeepLimit = "4GB",
    threads: Threads = 1,
    device: Device = "auto",
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over, whatever the run folder holds.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another bundle at --out.")] = False,
) -> None:
    """Train a preset of the paper, or our own; after Ctrl-C, the same command resumes.

    Evaluates after each epoch and keeps the best one. The run folder has the settings, the environment, the
    curves and TensorBoard logs. For several GPUs, start it with `accelerate launch -m training.cli train …`.
    """
    limit = parse_size(keep_limit, option="--keep-limit")
    from models.terminology import read_release
    from training.corpora import read_split
    from training.examples import TrainingData
    from training.loop import join_processes
    from training.methods import (
        TrainingRun,
        effective_method,
        open_synonyms,
        prepare_process,
        train_method,
    )

    changes = [*(settings or [])]
    if encoder is not None:
        changes.append(f"encoder={encoder}")
    if adversarial is not None:
        changes.append(f"adversarial={adversarial}")
    if languages is not None:
        changes.append(f"languages={languages}")
    prepare_process(threads=threads)
    processes = join_processes(device)
    method = effective_method(preset, changes, device=processes.device)
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
    run = run or Path("runs") / out.resolve().name
    console = err if processes.is_main else silent
    command = f"ade-train train --preset {preset} --train TRAIN --valid VALID --out OUT".split()
    for change in changes:
        command += ["--set", _without_folders(change)]
    with on_interrupt(resume_hint(run), console), TrainingProgress(console) as progress:
        trained = train_method(
            method,
            data,
            out=out,
            run=TrainingRun.in_folder(
                run,
                keep=keep_states,
                limit=limit,
                processes=processes,
                callback=progress,
                fresh=fresh,
            ),
            command=shlex.join(command),
            wordnet=open_synonyms(method, wordnet),
            overwrite=overwrite,
            include_terminology=with_terminology,
        )
    if processes.is_main:
        print_note(f"wrote {out}, version {trained.version}; curves and logs are in {run}")
        print_json({"bundle": trained.version, **trained.metrics})


def _without_folders(setting: str) -> str:
    """Return the setting with only the last part of a folder: the model card shows the command."""
    key, equals, value = setting.partition("=")
    return f"{key}{equals}{Path(value).resolve().name}" if Path(value).is_dir() else setting
