"""`ade-train distill`: a student that learns from a teacher, to a bundle."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from training.cli.console import err, on_interrupt, print_note, silent
from training.cli.options import (
    Device,
    Json,
    KeepLimit,
    KeepStates,
    Settings,
    TerminologyFolder,
    Threads,
    parse_size,
)
from training.cli.progress import TrainingProgress, progress_bar
from training.cli.training_options import (
    AdversarialMethod,
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


def distill_command(
    teachers: Annotated[
        list[str],
        typer.Argument(
            metavar="TEACHER...",
            help="Bundles that teach: default, or folders. Several are combined.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the student's bundle.")],
    student: Annotated[
        str | None,
        typer.Option(help="The student's pretrained encoder: a hub name, a folder, or package:NAME."),
    ] = None,
    start_from: Annotated[
        str | None,
        typer.Option(
            metavar="BUNDLE",
            help="Train a bundle further as the student, in place of --student: default, or a folder.",
        ),
    ] = None,
    texts: Annotated[
        list[Path] | None,
        typer.Option(
            help="Texts without annotations: .jsonl, .tsv, a prepared folder, or one text a line. Can be "
            "repeated."
        ),
    ] = None,
    train: Annotated[
        Path | None,
        typer.Option(
            help="Annotated texts, which the student learns from too: a prepared folder or a .jsonl file."
        ),
    ] = None,
    valid: Annotated[
        Path | None,
        typer.Option(
            help="Validation texts: a prepared folder or a .jsonl file. By default the student is compared "
            "with the teacher on a tenth of --texts."
        ),
    ] = None,
    preset: Preset = "full",
    settings: Settings = None,
    adversarial: AdversarialMethod = None,
    languages: TrainedLanguages = None,
    mixes: Mixes = None,
    terminology: TerminologyFolder = None,
    with_terminology: WithTerminology = False,
    run: RunFolder = None,
    keep_states: KeepStates = "memory",
    keep_limit: KeepLimit = "4GB",
    threads: Threads = 1,
    device: Device = "auto",
    fresh: Fresh = False,
    overwrite: OverwriteBundle = False,
    as_json: Json = False,
) -> None:
    """Train a student on what a teacher thinks of texts; after Ctrl-C, the same command resumes.

    The teacher reads all texts first. What it thinks is kept in the run folder. The student learns its
    probabilities of texts, words and codes, and the annotations where there are some. The weight of the
    teacher is --set distill-weight=0.5 where there are both; --set distill-temperature softens it. With --set
    distill-states=1 the student also learns how the words of a text relate in the teacher's states.
    """
    limit = parse_size(keep_limit, option="--keep-limit")
    from models.terminology import read_release
    from training.corpora import read_split
    from training.distillation import distill, no_progress
    from training.evaluation import read_unlabelled
    from training.examples import TrainingData
    from training.loop import join_processes
    from training.methods import TrainingRun, effective_method, prepare_process, read_mixes

    changes = changed_settings(settings, encoder=student, adversarial=adversarial, languages=languages)
    prepare_process(threads=threads)
    processes = join_processes(device)
    method = effective_method(preset, changes, device=processes.device, start_from=start_from)
    release = read_release(terminology) if terminology else None
    require_searched_names(with_terminology, release, method)
    data = TrainingData(
        read_split(train, "train") if train else [],
        read_split(valid, "valid") if valid else [],
        release.pt_names if release else {},
        release,
        unlabelled=list(read_unlabelled(texts or [])),
    )
    data = read_mixes(mixes or [], data, method)
    run = run or Path("runs") / out.resolve().name
    console = err if processes.is_main else silent
    command = ["ade-train", "distill", *map(last_part, teachers), "--preset", preset, "--out", "OUT"]
    for option, value in (("--texts", texts), ("--train", train), ("--valid", valid)):
        command += [option, option.removeprefix("--").upper()] if value else []
    if start_from is not None:
        command += ["--start-from", last_part(start_from)]
    command += shown_options("--set", changes) + shown_options("--mix", mixes or [])
    hint = f"the same command, without --fresh, resumes ({run})"
    with on_interrupt(hint, console), TrainingProgress(console) as progress:
        trained = distill(
            method,
            teachers,
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
            device=str(processes.device),
            overwrite=overwrite,
            include_terminology=with_terminology,
            progress=progress_bar if processes.is_main else no_progress,
        )
    if processes.is_main:
        print_note(f"wrote {out}, version {trained.version}; curves and logs are in {run}")
        print_trained(trained.version, trained.metrics, as_json=as_json)
