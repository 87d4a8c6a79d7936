"""`ade-train calibrate`: temperature, bias and threshold of a bundle, from validation texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from training.cli.options import Device, Threads, Trunk
from training.cli.scorers import open_bundle, text_progress
from training.cli.stopping import told_when_stopped
from training.cli.tables import print_table
from training.errors import RunError
from training.extras import require

if TYPE_CHECKING:
    from training.evaluation.recalibration import Recalibration


def calibrate_command(
    bundle: Annotated[Path, typer.Argument(help="Folder of the bundle; its settings are changed.")],
    valid: Annotated[
        Path, typer.Option(help="Texts that it was not trained on: a prepared folder, or a .jsonl file.")
    ],
    goal: Annotated[
        str, typer.Option("--for", help="What the threshold is for: f1, or a precision: precision=0.8")
    ] = "f1",
    prevalence: Annotated[
        float | None, typer.Option(help="Share of positives in the stream, if not that of the texts: 0.018")
    ] = None,
    bias: Annotated[bool, typer.Option(help="Shift the log-odds too, beside the temperature.")] = True,
    split: Annotated[str, typer.Option(help="Which split of a prepared folder.")] = "valid",
    diagram: Annotated[
        Path | None, typer.Option(help="Draw the reliability before and after: a .png file.")
    ] = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be stored, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as one JSON document.")] = False,
) -> None:
    """Make the Classifier's probabilities mean what they say, and choose its threshold.

    Temperature and bias have the least negative log-likelihood on the validation texts; the threshold has
    the best F1 there, or the best recall with a wanted precision. All three are stored in the bundle, and
    its version changes.
    """
    precision = _precision(goal)
    if prevalence is not None and not 0 < prevalence < 1:
        raise RunError(f"--prevalence is {prevalence:g}: it must lie between 0 and 1")
    from models.bundle import Calibration, Thresholds, revise_bundle
    from training.corpora.prepared import read_split
    from training.evaluation.plots import reliability_png
    from training.evaluation.recalibration import recalibrate
    from training.files import write_whole

    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    if diagram:
        require("matplotlib", "diagrams")
    examples = read_split(valid, split)
    positives = sum(example.label for example in examples)
    if positives in (0, len(examples)):
        raise RunError(
            f"of the {len(examples):,} texts in {valid} {positives:,} report an adverse effect: give a file "
            "with some that do and some that do not"
        )
    opened = open_bundle(bundle, device=device, threads=threads, trunk=trunk)
    loaded = opened.bundle
    with (
        told_when_stopped(console, "the bundle is as it was"),
        text_progress(len(examples), console) as advance,
    ):
        found = recalibrate(
            loaded,
            examples,
            precision=precision,
            prevalence=prevalence,
            bias=bias,
            device=opened.device,
            advance=advance,
        )
    told: dict[str, Any] = {
        "for": goal,
        "prevalence": prevalence,
        "texts": len(examples),
        "before": found.before.to_json(),
        "after": found.after.to_json(),
    }
    version = loaded.version
    if not dry_run:
        calibrator = found.after.calibrator
        version = revise_bundle(
            bundle,
            thresholds=Thresholds(
                classifier=found.after.choice.threshold, normalizer=loaded.config.thresholds.normalizer
            ),
            calibration=Calibration(temperature=calibrator.temperature, bias=calibrator.bias),
            metrics={"calibration": told},
        )
    if diagram:
        write_whole(diagram, reliability_png(found.after.reliability, before=found.before.reliability))
    if as_json:
        typer.echo(json.dumps({"bundle": version, **told}))
    else:
        _print(found)
    console.print("nothing was stored" if dry_run else f"stored in {escape(str(bundle))}, version {version}")


def _precision(goal: str) -> float | None:
    name, _, value = goal.partition("=")
    if goal == "f1":
        return None
    try:
        wanted = float(value) if name == "precision" else -1.0
    except ValueError:
        wanted = -1.0
    if not 0 < wanted <= 1:
        raise RunError(f"--for is {goal!r}: it must be f1, or precision= and a number up to 1: precision=0.8")
    return wanted


def _print(found: Recalibration) -> None:
    table = Table("", "before", "after", box=None)
    before, after = found.before.to_json(), found.after.to_json()
    for name in before:
        table.add_row(name.replace("_", " "), f"{before[name]:.4g}", f"{after[name]:.4g}")
    print_table(table)
