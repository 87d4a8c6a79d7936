"""`ade-train table1`: all configurations of the paper, trained and scored, next to its own figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from training.cli.console import err, on_interrupt, resume_hint, silent
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

_PAPER: Final = "mtl,boosting-ensemble,enhanced-ensemble,enhanced-normalizer"


def table1_command(
    data: Annotated[
        Path, typer.Option(help="The SMM4H files as the organisers distribute them, or a prepared folder.")
    ],
    out: Annotated[Path, typer.Option(help="For bundles, runs, table1.md and table1.json.")] = Path(
        "runs/table1"
    ),
    presets: Annotated[str, typer.Option(help="Which presets, separated by commas; full is ours.")] = _PAPER,
    seeds: Annotated[
        int, typer.Option(min=1, help="How often to train each preset, with the seeds 1, 2, …")
    ] = 1,
    settings: Settings = None,
    encoder: EncoderSource = None,
    terminology: TerminologyFolder = None,
    wordnet: WordNetFolder = None,
    keep_states: KeepStates = "memory",
    keep_limit: KeepLimit = "4GB",
    threads: Threads = 1,
    device: Device = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over, whatever OUT holds.")] = False,
) -> None:
    """Make Table 1: train each configuration, score it on validation and test, and add the paper's figures.

    After Ctrl-C, the same command resumes; finished trainings are not repeated. The table is Markdown, on
    stdout and in OUT/table1.md. It has precision, recall and F1 in percent by the official relaxed match, or
    their mean and standard deviation over several seeds.
    """
    limit = parse_size(keep_limit, option="--keep-limit")
    from models.terminology import read_release
    from training.cli.corpus_tables import log_table
    from training.corpora import ReadingLog
    from training.files import write_file, write_json
    from training.loop import join_processes
    from training.methods import TrainingRun, effective_method, open_synonyms, prepare_process
    from training.table1 import Table1, read_corpus, render_table1, scored_splits

    changes = [*(settings or []), *([f"encoder={encoder}"] if encoder else [])]
    for change in changes:
        if change.partition("=")[0].strip() == "seed":
            raise RunError(f"--set {change} has no effect here: --seeds sets how many, from 1 on")
    names = dict.fromkeys(name.strip() for name in presets.split(",") if name.strip())
    if not names:
        raise RunError(f"--presets is {presets!r}: name at least one")
    prepare_process(threads=threads)
    processes = join_processes(device)
    methods = [
        effective_method(name, [*changes, f"seed={seed}"], device=processes.device)
        for name in names
        for seed in range(1, seeds + 1)
    ]
    largest = max(methods, key=lambda method: method.classifiers)
    release = read_release(terminology) if terminology else None
    console = err if processes.is_main else silent
    log = ReadingLog()
    splits = read_corpus(data, release, log)
    if log.counts:
        console.print(log_table(log, data))
    with on_interrupt(resume_hint(out), console), TrainingProgress(console) as progress:
        table = Table1(
            splits,
            release.pt_names if release else {},
            open_synonyms(largest, wordnet),
            out,
            TrainingRun.in_folder(
                out,
                keep=keep_states,
                limit=limit,
                processes=processes,
                callback=progress,
                fresh=fresh,
            ),
            "ade-train table1 --data DATA",
        )
        results = list(table.results(methods))
    if processes.is_main:
        markdown = render_table1(results, scored_splits(splits))
        write_file(out / "table1.md", markdown.encode())
        write_json(out / "table1.json", [result.to_json() for result in results])
        typer.echo(markdown, nl=False)
