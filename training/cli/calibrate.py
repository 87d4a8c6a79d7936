"""`ade-train calibrate`: temperature, bias and threshold of a bundle, from validation texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from training.cli.console import (
    figures_table,
    on_interrupt,
    print_json,
    print_line,
    print_note,
    print_table,
)
from training.cli.options import (
    Device,
    Json,
    Threads,
    Trunk,
    open_bundle,
    read_kinds,
    require_prevalence,
)
from training.cli.progress import progress_bar
from training.errors import RunError
from training.extras import require

if TYPE_CHECKING:
    from models.bundle import Bundle
    from training.evaluation import Recalibration


def calibrate_command(
    bundle: Annotated[
        str,
        typer.Argument(help="Folder of a bundle, which is changed. With --out, also one of the package."),
    ],
    valid: Annotated[
        list[Path],
        typer.Option(
            help="Texts that it was not trained on: a prepared folder, or a .jsonl file. Repeat it for "
            "several kinds of language, which all count the same."
        ),
    ],
    goal: Annotated[
        str, typer.Option("--for", help="What the threshold is for: f1, or a precision: precision=0.8")
    ] = "f1",
    prevalence: Annotated[
        float | None, typer.Option(help="Share of positives in the stream, if not that of the texts: 0.018")
    ] = None,
    bias: Annotated[
        bool, typer.Option(help="Shift the log-odds too, in addition to the temperature.")
    ] = True,
    split: Annotated[str, typer.Option(help="Which split of a prepared folder.")] = "valid",
    curve: Annotated[
        bool,
        typer.Option("--curve", help="Show what 50, 100, 200 or 500 of the texts would recover, and stop."),
    ] = False,
    diagram: Annotated[
        Path | None, typer.Option(help="Draw the reliability before and after: a .png file.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Leave the bundle as it is, and write the changed one here.")
    ] = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be stored, and stop.")] = False,
    as_json: Json = False,
) -> None:
    """Calibrate the Classifier's probabilities, and choose its threshold.

    Temperature and bias have the lowest negative log-likelihood on the validation texts. The threshold has
    the best F1 there, or the best recall with at least the given precision. All three are stored in the
    bundle, which gets a new version. With several kinds of texts, the threshold has the best mean over them.

    In a bundle with two readers, the weights of both are calibrated, and its threshold is chosen.
    """
    precision = _parse_goal(goal)
    require_prevalence(prevalence)
    if curve:
        dry_run = True
    from models.bundle import require_place, revise_bundle
    from models.scoring import bundle_folder, bundle_to_change
    from training.evaluation import recalibrate, reliability_png
    from training.files import write_file

    if diagram:
        require("matplotlib", "diagrams")
    # A dry run changes nothing, so it may look at a bundle of the package.
    source = bundle_folder(bundle) if dry_run else bundle_to_change(bundle, out)
    if out is not None and not dry_run:
        require_place(source, out)
    kinds = read_kinds(valid, split)
    texts = sum(len(examples) for _, examples in kinds)
    opened = open_bundle(source, device=device, threads=threads, trunk=trunk)
    with on_interrupt("the bundle is as it was"), progress_bar(texts) as advance:
        recalibration = recalibrate(
            opened.bundle,
            kinds,
            precision=precision,
            prevalence=prevalence,
            bias=bias,
            device=opened.device,
            advance=advance,
        )
    if curve:
        _print_curve(recalibration, opened.bundle, prevalence=prevalence, bias=bias, as_json=as_json)
        return
    before, after = recalibration.before, recalibration.after
    figures: dict[str, Any] = {
        "for": goal,
        "prevalence": prevalence,
        "texts": texts,
        "before": before.to_json(),
        "after": after.to_json(),
    }
    version = opened.bundle.version
    if not dry_run:
        version = revise_bundle(
            source,
            **recalibration.settings(opened.bundle),
            metrics={"calibration": figures},
            out=out,
        )
    if diagram:
        write_file(diagram, reliability_png(after.reliability, before=before.reliability))
    if as_json:
        print_json({"bundle": version, **figures})
    else:
        _print(recalibration)
    print_note("nothing was stored" if dry_run else f"stored in {out or source}, version {version}")


def _parse_goal(goal: str) -> float | None:
    """Return the precision that `--for` asks for, or None for the best F1.

    Raises:
        RunError: it is neither f1 nor a precision.
    """
    if goal == "f1":
        return None
    name, _, value = goal.partition("=")
    try:
        precision = float(value) if name == "precision" else -1.0
    except ValueError:
        precision = -1.0
    if not 0 < precision <= 1:
        raise RunError(
            f"--for is {goal!r}: it must be f1, or precision= and a number up to 1, such as precision=0.8"
        )
    return precision


def _print(recalibration: Recalibration) -> None:
    before, after = recalibration.before.to_json(), recalibration.after.to_json()
    by_kind = before.pop("by_kind", {}), after.pop("by_kind", {})
    rows = [(name.replace("_", " "), f"{before[name]:.4g}", f"{after[name]:.4g}") for name in before]
    rows += [
        (f"{figure} on {kind}", f"{by_kind[0][kind][figure]:.4g}", f"{by_kind[1][kind][figure]:.4g}")
        for kind in by_kind[0]
        for figure in ("precision", "recall", "f1")
    ]
    print_table(figures_table(("", "before", "after"), rows, left=3))


def _print_curve(
    recalibration: Recalibration, bundle: Bundle, *, prevalence: float | None, bias: bool, as_json: bool
) -> None:
    """Print the F1 after calibrations on subsamples, on the texts that each of them leaves."""
    from training.evaluation import measure_calibrations, present_calibrator

    if len(recalibration.scored) > 1:
        raise RunError("--curve is about one kind of texts: give one --valid")
    [scored] = recalibration.scored
    points = measure_calibrations(
        scored,
        present_calibrator(bundle),
        bundle.config.thresholds.classifier,
        prevalence=prevalence,
        bias=bias,
    )
    if as_json:
        print_json({"bundle": bundle.version, "curve": [point.to_json() for point in points]})
        return
    rows = [
        (
            f"{point.texts:,}",
            f"{point.f1:.3f}",
            f"{point.low:.3f} to {point.high:.3f}",
            f"{point.present:.3f}",
            f"{point.best:.3f}",
            f"{point.unusable:.0%}",
        )
        for point in points
    ]
    print_table(figures_table(("texts", "F1", "90% of draws", "present", "best", "lack a class"), rows))
    print_line(
        "F1 of 1a on the texts that were not calibrated on: after calibration, with the present settings, "
        "and with the best threshold in hindsight."
    )
