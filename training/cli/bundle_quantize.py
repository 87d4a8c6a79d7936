"""`ade-train bundle quantize`: a bundle whose body multiplies 8-bit integers, for CPUs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.network import CLASSIFIER, EXTRACTOR
from training.cli.console import (
    figures_table,
    on_interrupt,
    print_json,
    print_line,
    print_note,
    print_table,
)
from training.cli.options import Json, Threads, Trunk, open_bundle
from training.cli.progress import progress_bar, working
from training.errors import RunError

if TYPE_CHECKING:
    from training.quantization import QuantizationReport, QuantizedBundle


def bundle_quantize_command(
    bundle: Annotated[
        str,
        typer.Argument(
            help="Folder of a bundle, which is changed. With --out, also a bundle of the package."
        ),
    ],
    calibrate: Annotated[
        Path,
        typer.Option(help="Annotated texts like those to come: a prepared folder, or a .jsonl file."),
    ],
    validation: Annotated[
        Path | None,
        typer.Option(help="Texts to score both bundles on; by default the other half of --calibrate."),
    ] = None,
    margin: Annotated[
        float, typer.Option(min=0, max=1, help="By how much F1 of 1a or 1b may fall, in [0, 1].")
    ] = 0.02,
    out: Annotated[
        Path | None, typer.Option(help="Leave the bundle as it is, and write the quantized one here.")
    ] = None,
    split: Annotated[
        str, typer.Option(help="Which split of prepared folders: train, valid (dev), test or all.")
    ] = "valid",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the division and of the choice of texts.")] = 1,
    threads: Threads = 1,
    trunk: Trunk = None,
    as_json: Json = False,
) -> None:
    """Make all layers below the last one multiply 8-bit integers: more tweets per second on a processor.

    The calibration texts determine the ranges of the numbers. The heads are then refitted to the output of
    the quantized layers, if that helps. Both bundles are scored. If F1 of 1a or 1b falls by more than the
    margin, nothing is written, and the status is 1. After Ctrl-C the bundle is as it was.

    Needs the extra `openvino`, both here and where the bundle runs.
    """
    from models.bundle import require_quantizable
    from models.scoring import bundle_to_change

    source = bundle_to_change(bundle, out)
    require_quantizable(source, out)
    from models.bundle import Quantization, store_quantized
    from models.scoring import Pipeline
    from training.quantization import (
        QuantizationReport,
        compare_bundles,
        quantize_body,
        read_calibration_texts,
        refit_heads,
        require_nncf,
    )

    texts = read_calibration_texts(calibrate, validation, split, seed=seed)
    require_nncf()
    exact = open_bundle(source, device="cpu", threads=threads, trunk=trunk).bundle
    print_note(f"{len(texts.calibration):,} texts calibrate, {len(texts.validation):,} others evaluate")
    with on_interrupt("the bundle is as it was"):
        with working("quantizing"):
            calibrated = quantize_body(exact, texts.calibration, seed=seed)
        with progress_bar(2 * len(calibrated.positive), "heads") as advance:
            quantized = refit_heads(calibrated, advance)
        with progress_bar(2 * len(texts.validation), "scores") as advance:
            scorers = Pipeline.of(exact), Pipeline.of(quantized.bundle)
            report = compare_bundles(*scorers, texts.validation, advance=advance)
        figures = {"calibrated_on": quantized.texts, "judged_on": report.texts, **report.to_json()}
        within_margin = max(report.losses().values()) <= margin
        version = exact.version
        if within_margin:
            before, after = QuantizationReport.f1(report.before), QuantizationReport.f1(report.after)
            version = store_quantized(
                exact,
                quantized.bundle,
                Quantization(texts=quantized.texts, judged_on=report.texts, before=before, after=after),
                metrics={"quantization": figures},
                out=out,
            )
    if as_json:
        print_json({"bundle": version, "stored": within_margin, **figures})
    else:
        _print(report)
    for note in _notes(quantized):
        print_note(note)
    if not within_margin:
        raise RunError(
            f"F1 fell by more than the margin of {margin:g}, and nothing was stored: calibrate on more "
            "texts, or allow more with --margin"
        )
    print_note(f"stored in {out or source}, version {version}")


def _print(report: QuantizationReport) -> None:
    before, after = report.before.to_json(), report.after.to_json()
    rows = [
        (f"{task} {figure}", f"{before[task][figure]:.3f}", f"{after[task][figure]:.3f}")
        for task in (CLASSIFIER.task, EXTRACTOR.task)
        for figure in before[task]
    ]
    print_table(figures_table(("", "before", "after"), rows, left=3))
    print_line(
        f"{report.changed:,} of {report.texts:,} labels changed; "
        f"the largest change of a probability is {report.largest_change:.3f}"
    )


def _notes(quantized: QuantizedBundle) -> list[str]:
    notes = []
    for name, refit in quantized.refits.items():
        if refit.penalty is None:
            notes.append(f"{name}: the head fits best as it was")
        else:
            notes.append(
                f"{name}: the head was refitted; on held-out texts it diverges from the exact network by "
                f"{refit.after:.2g} nats instead of {refit.before:.2g}"
            )
    return notes
