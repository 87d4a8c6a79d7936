"""`ade-train table1`: all configurations of the paper, trained and scored, beside its own figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

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

_PAPER = "mtl,boosting-ensemble,enhanced-ensemble,enhanced-normalizer"


def table1_command(
    data: Annotated[
        Path, typer.Option(help="The SMM4H files as the organisers give them, or a prepared folder.")
    ],
    out: Annotated[Path, typer.Option(help="For bundles, runs, table1.md and table1.json.")] = Path(
        "runs/table1"
    ),
    presets: Annotated[str, typer.Option(help="Which, separated by commas; full is ours.")] = _PAPER,
    seeds: Annotated[int, typer.Option(min=1, help="Train each so often, with the seeds 1, 2, …")] = 1,
    settings: Settings = None,
    encoder: EncoderSource = None,
    terminology: TerminologyFolder = None,
    wordnet: WordNetFolder = None,
    keep_states: KeepStates = KeepIn.MEMORY,
    keep_limit: KeepLimit = "4GB",
    threads: Threads = 1,
    device: Device = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over, whatever OUT holds.")] = False,
) -> None:
    """Make Table 1: train each configuration, score it on validation and test, put the paper's beside it.

    Ctrl-C stops it, the same command goes on: what is done is not done again. The table is Markdown, on
    stdout and in OUT/table1.md; precision, recall and F1 in percent by the official relaxed match, with
    several seeds their mean and standard deviation.
    """
    limit = bytes_of(keep_limit, option="--keep-limit")
    from models.terminology import read_release
    from training.cli.tables import log_table
    from training.corpora.reading_log import ReadingLog
    from training.files import write_json, write_whole
    from training.loop.processes import join_processes
    from training.methods.training_run import effective_method, open_synonyms, prepare_process, training_run
    from training.table1.runs import Table1, read_corpus, scored_splits
    from training.table1.table import render_table1

    chosen = [*(settings or []), *([f"encoder={encoder}"] if encoder else [])]
    for setting in chosen:
        if setting.partition("=")[0].strip() == "seed":
            raise RunError(f"--set {setting} has no effect here: --seeds says how many, from 1 on")
    names = dict.fromkeys(name.strip() for name in presets.split(",") if name.strip())
    if not names:
        raise RunError(f"--presets is {presets!r}: name at least one")
    prepare_process(threads=threads)
    processes = join_processes(device)
    methods = [
        effective_method(name, [*chosen, f"seed={seed}"], device=processes.device)
        for name in names
        for seed in range(1, seeds + 1)
    ]
    largest = max(methods, key=lambda method: method.classifiers)
    terms = read_release(terminology) if terminology else None
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True, quiet=not processes.is_main)
    log = ReadingLog()
    splits = read_corpus(data, terms, log)
    if log.counts:
        console.print(log_table(log, data))
    with told_how_to_go_on(console, out), TrainingProgress(console) as progress:
        table = Table1(
            splits,
            terms.pt_names if terms else {},
            open_synonyms(largest, wordnet),
            out,
            training_run(
                out,
                keep=keep_states.value,
                limit=limit,
                processes=processes,
                callback=progress,
                fresh=fresh,
            ),
            "ade-train table1 --data DATA",
        )
        results = list(table.results(methods))
    if processes.is_main:
        drawn = render_table1(results, scored_splits(splits))
        write_whole(out / "table1.md", drawn.encode())
        write_json(out / "table1.json", [result.to_json() for result in results])
        typer.echo(drawn, nl=False)
