"""`ade-train bundle add-reader`: two bundles in one, the second for the likeliest posts."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.cli.console import figures_table, on_interrupt, print_json, print_line, print_note, print_table
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
from training.cli.training_options import last_part, shown_options

if TYPE_CHECKING:
    from training.two_readers import ReaderFit


def bundle_add_reader_command(
    first: Annotated[str, typer.Argument(help="The bundle that reads every post: its folder or name.")],
    second: Annotated[
        str, typer.Argument(help="The bundle, with another encoder, that reads the likeliest.")
    ],
    valid: Annotated[
        list[Path],
        typer.Option(
            help="Texts that neither was trained on: a prepared folder or a .jsonl file. Repeat it for "
            "several kinds of language, which all count the same."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the bundle with both.")],
    share: Annotated[float, typer.Option(help="Share of a stream that the second reader reads.")] = 0.15,
    keep: Annotated[
        float | None, typer.Option(help="Or the share of the positives that it reads at least: 0.98")
    ] = None,
    stream: Annotated[
        list[Path] | None,
        typer.Option(help="Unlabelled posts of the stream, which --share is measured on. Can be repeated."),
    ] = None,
    prevalence: Annotated[
        float | None, typer.Option(help="Share of positives in the stream, if not that of the texts: 0.07")
    ] = None,
    split: Annotated[str, typer.Option(help="Which split of prepared folders.")] = "valid",
    name: Annotated[
        str | None, typer.Option(help="Readable part of the version; by default the name of the folder.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a bundle at --out.")] = False,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
    second_trunk: Annotated[
        Path | None, typer.Option(help="As --trunk, for the encoder of the second reader.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put two bundles together: the first reads every post, the second those that the first finds likeliest.

    Two readers with unlike encoders find more than either, and the second need read only one post in seven.
    The validation texts determine from which probability on the second reads, how much each counts, whose
    words become spans, what codes them, and the threshold. Prints what each choice gives.

    Both bundles stay as they are. After Ctrl-C nothing was written.
    """
    require_prevalence(prevalence)
    from models.bundle import require_joinable
    from models.scoring import bundle_folder

    folders = bundle_folder(first), bundle_folder(second)
    for remark in require_joinable(*folders, out, overwrite=overwrite):
        print_note(remark)
    from training.evaluation import read_unlabelled
    from training.reports import bundle_name
    from training.two_readers import fit_two_readers, save_two_readers

    validation = read_kinds(valid, split)
    unlabelled = list(read_unlabelled(stream)) if stream else []
    opened = open_bundle(folders[0], device=device, threads=threads, trunk=trunk)
    other = open_bundle(folders[1], device=device, threads=threads, trunk=second_trunk)
    command = ["ade-train", "bundle", "add-reader", last_part(first), last_part(second)]
    command += shown_options("--valid", [path.name for path in valid])
    command += ["--keep", f"{keep:g}"] if keep is not None else ["--share", f"{share:g}"]
    command += ["--prevalence", f"{prevalence:g}"] if prevalence is not None else []
    command += [*shown_options("--stream", [path.name for path in stream or []]), "--out", out.name]
    with on_interrupt():
        fit = fit_two_readers(
            opened.bundle,
            other.bundle,
            validation,
            prevalence=prevalence,
            share=share,
            keep=keep,
            stream=unlabelled,
            device=opened.device,
            progress=progress_bar,
        )
        version = save_two_readers(
            *folders,
            fit,
            out,
            name=name or bundle_name(out),
            command=shlex.join(command),
            overwrite=overwrite,
        )
    if as_json:
        print_json({"bundle": version, **fit.metrics})
    else:
        _print(fit)
    print_note(f"stored in {out}, version {version}")


def _print(fit: ReaderFit) -> None:
    who, section = fit.who_reads, fit.section
    print_line(f"The second reader reads from the probability {who.reads_from:g} of the first:")
    rows = [
        (kind, f"{texts:,}", f"{who.shares[kind]:.1%}", f"{who.kept[kind]:.1%}")
        for kind, texts in fit.texts.items()
    ]
    if who.stream_share is not None:
        rows.append(("stream", "", f"{who.stream_share:.1%}", ""))
    print_table(figures_table(("", "texts", "read", "positives read"), rows))
    print_line(
        f"log-odds: {section.first:.3f} of the first + {section.second:.3f} of the second "
        f"{'+' if section.bias >= 0 else '-'} {abs(section.bias):.3f}"
    )
    print_line()
    measures = list(fit.chosen.f1)
    scores = [
        (
            f"{choice.spans}{' *' if choice == fit.chosen else ''}",
            choice.codes,
            f"{choice.common.threshold:g}",
            *(f"{choice.f1[measure]:.3f}" for measure in measures),
        )
        for choice in fit.choices
    ]
    print_table(figures_table(("spans", "codes", "threshold", *measures), scores, left=2))
    of_first, of_both = fit.average_precision
    print_line(
        f"1a of the first alone: F1 {fit.first_alone.mean.f1:.3f}, average precision {of_first:.3f}; "
        f"of both: {fit.chosen.common.mean.f1:.3f}, {of_both:.3f}"
    )
