"""`ade-train bundle set-terminology`: the names of another MedDRA release for a bundle, without training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from training.cli.options import Device, Threads, Trunk
from training.cli.scorers import open_bundle, text_progress
from training.cli.stopping import told_when_stopped

if TYPE_CHECKING:
    from models.bundle.new_release import TerminologyChange

_MOST_SHOWN = 5  # labels that a note names


def bundle_set_terminology_command(
    bundle: Annotated[
        str,
        typer.Argument(
            help="Folder of a bundle with a retriever, which is changed; or, with --out, one of the package."
        ),
    ],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a MedDRA ASCII release.")],
    out: Annotated[
        Path | None, typer.Option(help="Leave the bundle as it is, and write the changed one here.")
    ] = None,
    device: Device = "auto",
    threads: Threads = 1,
    trunk: Trunk = None,
) -> None:
    """Let a bundle code spans with all terms of a MedDRA release, whichever it was trained with.

    All PT and LLT names are embedded by the bundle's own network and put into it, with their codes and the
    hierarchy. Its version changes. On Ctrl-C the bundle is as it was.
    """
    from models.bundle.new_release import require_retriever
    from models.scoring.catalog import bundle_to_change

    source = bundle_to_change(bundle, out)
    require_retriever(source)
    from models.terminology import read_release

    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    terminology = read_release(folder)
    from models.bundle.dictionary import searched_names
    from models.bundle.new_release import set_terminology
    from models.scoring.assembly import make_span_reader

    opened = open_bundle(source, device=device, threads=threads, trunk=trunk)
    total = len(searched_names(opened.bundle.labels, terminology))
    with (
        told_when_stopped(console, "the bundle is as it was"),
        text_progress(total, console, what="names") as advance,
    ):
        reader = make_span_reader(opened.bundle, opened.device)
        done = set_terminology(opened.bundle, terminology, reader, out=out, advance=advance)
    typer.echo(f"{done.before} -> {done.after}")
    release = f"MedDRA {terminology.version}" if terminology.version else "a release of unknown version"
    console.print(f"{escape(str(out or source))} searches {total:,} names of {escape(release)}")
    for note in _notes(done):
        console.print(escape(note))


def _notes(done: TerminologyChange) -> list[str]:
    notes = []
    if done.missing:
        told = _some([f"{label.pt_name} ({label.ptid})" for label in done.missing])
        notes.append(f"{len(done.missing):,} labels of the classifier are not in it, and never given: {told}")
    if done.moved:
        told = _some([f"{label.pt_name} is now {now.pt_name} ({now.ptid})" for label, now in done.moved])
        notes.append(f"{len(done.moved):,} labels of the classifier stand for another PT now: {told}")
    notes.append(
        "the bundle now holds names and codes of MedDRA, which is licensed: do not pass it on to anyone "
        "without a licence"
    )
    return notes


def _some(told: Sequence[str]) -> str:
    more = f", and {len(told) - _MOST_SHOWN:,} more" if len(told) > _MOST_SHOWN else ""
    return ", ".join(told[:_MOST_SHOWN]) + more
