"""`ade-train adapt`: an encoder that is trained further on unlabelled posts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training.cli.console import err, figures_table, on_interrupt, print_json, print_note, print_table
from training.cli.options import Device, Json, Threads
from training.cli.progress import ProgressLines
from training.cli.training_options import Fresh, RunFolder

if TYPE_CHECKING:
    from training.adaptation import AdaptedEncoder


def adapt_command(
    encoder: Annotated[
        str,
        typer.Argument(metavar="ENCODER", help="The encoder: package:NAME, a folder, or a hub name."),
    ],
    texts: Annotated[
        list[Path],
        typer.Option(
            help="Unlabelled texts: .jsonl, .tsv, a prepared folder, or one text a line. Can be repeated."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the new checkpoint.")],
    epochs: Annotated[int, typer.Option(help="How often each text is read.")] = 3,
    steps: Annotated[int, typer.Option(help="Number of steps, in place of --epochs.")] = 0,
    batch_size: Annotated[int, typer.Option(help="Texts in a step.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="The highest learning rate.")] = 5e-5,
    warmup: Annotated[float, typer.Option(help="Share of the steps in which the rate rises.")] = 0.06,
    max_tokens: Annotated[int, typer.Option(help="Longer texts are cut into windows of this size.")] = 128,
    valid_share: Annotated[
        float, typer.Option(help="Share of the texts that are held out to measure the perplexity.")
    ] = 0.05,
    seed: Annotated[int, typer.Option(help="Seed of the order, the masks and dropout.")] = 1,
    save_every: Annotated[int, typer.Option(min=1, help="Steps between two states to resume from.")] = 500,
    run: RunFolder = None,
    threads: Threads = 1,
    device: Device = "auto",
    fresh: Fresh = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another adapted encoder at --out.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Train an encoder further on unlabelled posts, as a masked language model.

    The result is a folder for --encoder of any other command. After Ctrl-C or a kill, the same command
    resumes after the last saved step. Memory does not grow with the texts: their tokens are in files of the
    run folder.
    """
    import torch

    from models.device import resolve_device
    from training.adaptation import AdaptSettings, adapt_encoder

    torch.set_num_threads(threads)
    run = run or Path("runs") / out.resolve().name
    with on_interrupt(f"the same command, without --fresh, resumes after the last saved step ({run})"):
        adapted = adapt_encoder(
            encoder,
            texts,
            out,
            AdaptSettings(
                epochs=epochs,
                steps=steps,
                batch_size=batch_size,
                learning_rate=learning_rate,
                warmup=warmup,
                max_tokens=max_tokens,
                valid_share=valid_share,
                seed=seed,
            ),
            run=run,
            device=resolve_device(device),
            progress=step_progress,
            message=print_note,
            save_every=save_every,
            fresh=fresh,
            overwrite=overwrite,
        )
    print_note(f"wrote {out}: use it as --encoder {out}")
    if as_json:
        print_json(asdict(adapted))
    else:
        _print(adapted)


@contextmanager
def step_progress(done: int, total: int) -> Iterator[Callable[[float], None]]:
    """Show steps and their loss: a bar on a terminal, elsewhere lines.

    Args:
        done: number of steps that an earlier run took.
        total: number of all steps.

    Yields:
        A function that is called with the loss of each further step.
    """
    shown: float | None = None

    def smoothed(loss: float) -> str:
        nonlocal shown
        shown = loss if shown is None else shown + 0.05 * (loss - shown)
        return f"loss {shown:.3f}"

    if not err.is_terminal:
        lines = ProgressLines(err, "adapting", total, "steps", done=done)

        def advance(loss: float) -> None:
            details = smoothed(loss)
            lines.advance(1, lambda rate: f"{details}, {rate:,.3g} steps/s")

        yield advance
        return
    columns = (TextColumn("adapting"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[loss]}"), console=err, transient=True) as bar:
        task = bar.add_task("adapting", total=total, completed=done, loss="")
        yield lambda loss: bar.update(task, advance=1, loss=smoothed(loss))


def _print(adapted: AdaptedEncoder) -> None:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    rows = [
        ("texts", f"{adapted.texts:,}"),
        ("steps", f"{adapted.steps:,}"),
        ("perplexity before", shown(adapted.perplexity_before)),
        ("perplexity after", shown(adapted.perplexity_after)),
    ]
    print_table(figures_table(("", ""), rows))
