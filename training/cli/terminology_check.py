"""`ade-train terminology check`: what a MedDRA release holds, lacks, and has wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from models.errors import TerminologyError
from training.cli.tables import print_table

if TYPE_CHECKING:
    from models.terminology import Inspection

_MOST_FAULTS = 20  # that the table shows


def terminology_check_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a MedDRA ASCII release.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything, all faults too, as one JSON document.")
    ] = False,
) -> None:
    """Count the terms of a release, say what it lacks and what that costs, and name each fault.

    Needs pt.asc and llt.asc; mdhier.asc and meddra_release.asc are read where they are there. Ends with
    status 1 where a fault keeps other commands from reading it.
    """
    from models.terminology import LOST_WITHOUT, inspect_release

    found = inspect_release(folder)
    counts, notes = _counts(found), [f"{name} is missing: {LOST_WITHOUT[name]}" for name in found.absent]
    notes += _oddities(found)
    if as_json:
        faults = [
            {"file": fault.path.name, "line": fault.line, "detail": fault.detail} for fault in found.faults
        ]
        about = {"folder": str(folder), "version": found.terminology.version or None}
        typer.echo(
            json.dumps({**about, "counts": counts, "notes": notes, "faults": faults}, ensure_ascii=False)
        )
    else:
        _print(found, counts, notes)
    if found.faults:
        raise TerminologyError(
            f"{folder} cannot be read, faults: {len(found.faults):,}; mend the places that are named above, "
            "or copy the release again"
        )


def _counts(found: Inspection) -> dict[str, int]:
    terms = found.terminology
    paths = [path for own in terms.paths.values() for path in own]
    counts = {
        "PT": len(terms.pt_names),
        "LLT": len(terms.llts),
        "LLT, not current": sum(not llt.current for llt in terms.llts),
    }
    if not paths:
        return counts
    return {
        **counts,
        "HLT": len({path.hlt.code for path in paths}),
        "HLGT": len({path.hlgt.code for path in paths}),
        "SOC": len({path.soc.code for path in paths}),
        "paths": len(paths),
    }


def _oddities(found: Inspection) -> list[str]:
    terms = found.terminology
    alone = sum(ptid not in terms.paths for ptid in terms.pt_names) if terms.paths else 0
    shared = len(terms.pt_names) - len(terms.codes_by_name())
    notes = []
    if alone:
        notes.append(f"PTs that mdhier.asc lacks: {alone:,}; they agree with no other PT at any level")
    if shared:
        notes.append(f"PTs with the name of another one: {shared:,}; the name stands for the last of them")
    return notes


def _print(found: Inspection, counts: dict[str, int], notes: list[str]) -> None:
    table = Table("", "", box=None, show_header=False)
    table.columns[1].justify = "right"
    table.add_row("version", Text(found.terminology.version or "unknown"))
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    print_table(table)
    for note in notes:
        typer.echo(f"note: {note}")
    for fault in found.faults[:_MOST_FAULTS]:
        typer.echo(f"fault: {fault}")
    if len(found.faults) > _MOST_FAULTS:
        typer.echo(f"and {len(found.faults) - _MOST_FAULTS:,} more faults: --json names them all")
