"""`ade-train bundle quantize`: a bundle whose body multiplies 8-bit integers, for processors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.cli.options import Threads, Trunk
from training.cli.scorers import open_bundle, text_progress
from training.cli.stopping import told_when_stopped
from training.cli.tables import print_table
from training.errors import RunError

if TYPE_CHECKING:
    from training.quantization import Quantized, Verdict


def bundle_quantize_command(
    bundle: Annotated[
        str, typer.Argument(help="Folder of a bundle, which is changed; or, with --out, one of the package.")
    ],
    calibrate: Annotated[
        Path, typer.Option(help="Texts like those to come, labelled: a prepared folder, or a .jsonl file.")
    ],
    validation: Annotated[
        Path | None, typer.Option(help="What both are scored on; by default the other half of --calibrate.")
    ] = None,
    margin: Annotated[
        float, typer.Option(min=0, max=1, help="By how much F1 of 1a or 1b may fall, in [0, 1].")
    ] = 0.02,
    out: Annotated[
        Path | None, typer.Option(help="Leave the bundle as it is, and write the quantized one here.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which split of prepared folders.")] = "valid",
    seed: Annotated[int, typer.Option(min=0, help="Of the division and the choice of texts.")] = 1,
    threads: Threads = 1,
    trunk: Trunk = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON document.")] = False,
) -> None:
    """Let all layers below the last one multiply 8-bit integers: more tweets a second on a processor.

    The ranges of the numbers come from the calibration texts; the heads are then fitted to what the rounded
    layers give, where that helps. Scored before and after; where F1 of 1a or 1b falls by more than the
    margin, nothing is written, and the status is 1. On Ctrl-C the bundle is as it was.

    Needs the extra `openvino`, as does whoever runs the bundle.
    """
    from models.bundle.quantized import require_quantizable
    from models.scoring.catalog import bundle_to_change

    source = bundle_to_change(bundle, out)
    require_quantizable(source, out)
    from models.bundle import Quantization
    from models.bundle.quantized import store_quantized
    from models.scoring.pipeline import Pipeline
    from training.quantization import Verdict, compare, read_division, refit_heads, round_body
    from training.quantization.post_training import require_nncf

    texts = read_division(calibrate, validation, split, seed=seed)
    require_nncf()
    exact = open_bundle(source, device="cpu", threads=threads, trunk=trunk).bundle
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    console.print(f"{len(texts.calibration):,} texts calibrate, {len(texts.validation):,} others judge")
    with told_when_stopped(console, "the bundle is as it was"):
        with console.status("rounding"):
            rounded = round_body(exact, texts.calibration, seed=seed)
        with text_progress(2 * len(rounded.positive), console, what="heads") as advance:
            quantized = refit_heads(rounded, advance)
        with text_progress(2 * len(texts.validation), console, what="scores") as advance:
            scorers = Pipeline.of(exact), Pipeline.of(quantized.bundle)
            verdict = compare(*scorers, texts.validation, advance=advance)
        told = {"calibrated_on": quantized.texts, "judged_on": verdict.texts, **verdict.to_json()}
        refused = max(verdict.losses().values()) > margin
        version = exact.version
        if not refused:
            before, after = Verdict.f1(verdict.before), Verdict.f1(verdict.after)
            version = store_quantized(
                exact,
                quantized.bundle,
                Quantization(texts=quantized.texts, judged_on=verdict.texts, before=before, after=after),
                metrics={"quantization": told},
                out=out,
            )
    if as_json:
        typer.echo(json.dumps({"bundle": version, "stored": not refused, **told}))
    else:
        _print(verdict)
    for note in _notes(quantized):
        console.print(escape(note))
    if refused:
        raise RunError(
            f"F1 fell by more than the margin of {margin:g}, and nothing was stored: calibrate on more "
            "texts, or allow more with --margin"
        )
    console.print(f"stored in {escape(str(out or source))}, version {version}")


def _print(verdict: Verdict) -> None:
    table = Table("", "before", "after", box=None)
    before, after = verdict.before.to_json(), verdict.after.to_json()
    for task in ("1a", "1b"):
        for figure in before[task]:
            table.add_row(f"{task} {figure}", *(f"{said[task][figure]:.3f}" for said in (before, after)))
    print_table(table)
    typer.echo(
        f"{verdict.changed:,} of {verdict.texts:,} labels changed; "
        f"the largest change of a probability is {verdict.most:.3f}"
    )


def _notes(quantized: Quantized) -> list[str]:
    notes = []
    for name, found in quantized.refits.items():
        if found.pull is None:
            notes.append(f"{name}: the head as it was fits best")
        else:
            notes.append(
                f"{name}: the head was refitted, and diverges from the exact network by {found.after:.2g} "
                f"nats instead of {found.before:.2g} on texts held out"
            )
    return notes
