"""`ade-train train`: a preset trained on a corpus, to a bundle."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from training.cli.console import err, on_interrupt, print_note, resume_hint, silent
from training.cli.options import (
    Device,
    EncoderSource,
    Json,
    KeepLimit,
    KeepStates,
    Settings,
    TerminologyFolder,
    Threads,
    WordNetFolder,
    parse_size,
)
from training.cli.progress import TrainingProgress
from training.cli.training_options import (
    AdversarialMethod,
    AllowModelLabels,
    Fresh,
    Mixes,
    OverwriteBundle,
    Preset,
    RunFolder,
    TrainedLanguages,
    WithTerminology,
    changed_settings,
    last_part,
    require_searched_names,
    shown_options,
)
from training.cli.training_tables import print_trained


def train_command(
    train: Annotated[
        Path, typer.Option(help="Training texts: a prepared folder (its train.jsonl) or a .jsonl file.")
    ],
    valid: Annotated[
        Path, typer.Option(help="Validation texts: a prepared folder (its valid.jsonl) or a .jsonl file.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the new bundle.")],
    preset: Preset = "mtl",
    settings: Settings = None,
    encoder: EncoderSource = None,
    start_from: Annotated[
        str | None,
        typer.Option(
            metavar="BUNDLE",
            help="Train a bundle further, in place of --encoder: default, or the folder of a bundle.",
        ),
    ] = None,
    adversarial: AdversarialMethod = None,
    languages: TrainedLanguages = None,
    mixes: Mixes = None,
    allow_model_labels: AllowModelLabels = False,
    terminology: TerminologyFolder = None,
    with_terminology: WithTerminology = False,
    wordnet: WordNetFolder = None,
    run: RunFolder = None,
    keep_states: KeepStates = "memory",
    keep_limit: KeepLimit = "4GB",
    threads: Threads = 1,
    device: Device = "auto",
    fresh: Fresh = False,
    overwrite: OverwriteBundle = False,
    as_json: Json = False,
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
        read_mixes,
        train_method,
    )

    changes = changed_settings(settings, encoder=encoder, adversarial=adversarial, languages=languages)
    prepare_process(threads=threads)
    processes = join_processes(device)
    method = effective_method(preset, changes, device=processes.device, start_from=start_from)
    release = read_release(terminology) if terminology else None
    require_searched_names(with_terminology, release, method)
    data = TrainingData(
        read_split(train, "train", allow_model_labels=allow_model_labels),
        read_split(valid, "valid"),
        release.pt_names if release else {},
        release,
    )
    data = read_mixes(mixes or [], data, method, allow_model_labels=allow_model_labels)
    run = run or Path("runs") / out.resolve().name
    console = err if processes.is_main else silent
    command = f"ade-train train --preset {preset} --train TRAIN --valid VALID --out OUT".split()
    if start_from is not None:
        command += ["--start-from", last_part(start_from)]
    command += shown_options("--set", changes) + shown_options("--mix", mixes or [])
    command += ["--allow-model-labels"] if allow_model_labels else []
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
        print_trained(trained.version, trained.metrics, as_json=as_json)
