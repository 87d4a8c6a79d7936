"""`ade-train terminology check`: what a MedDRA release holds, what it lacks, and its faults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from models.errors import TerminologyError
from training.cli.console import figures_table, print_json, print_line, print_table

if TYPE_CHECKING:
    from models.terminology import Inspection

_MAX_SHOWN: Final = 20  # faults that are printed

terminology_app = typer.Typer(help="Check a MedDRA release.", no_args_is_help=True)


@terminology_app.command("check")
def terminology_check_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a MedDRA ASCII release.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything, with all faults, as one JSON document.")
    ] = False,
) -> None:
    """Count the terms of a release, report what it lacks and what that costs, and list its faults.

    Needs pt.asc and llt.asc; reads mdhier.asc and meddra_release.asc if they exist. Exits with status 1 if a
    fault keeps other commands from reading the release.
    """
    from models.terminology import LOST_WITHOUT, inspect_release

    inspection = inspect_release(folder)
    counts = _counts(inspection)
    notes = [f"{name} is missing: {LOST_WITHOUT[name]}" for name in inspection.absent] + _oddities(inspection)
    if as_json:
        faults = [
            {"file": fault.path.name, "line": fault.line, "detail": fault.detail}
            for fault in inspection.faults
        ]
        version = inspection.terminology.version or None
        print_json(
            {"folder": str(folder), "version": version, "counts": counts, "notes": notes, "faults": faults}
        )
    else:
        _print(inspection, counts, notes)
    if inspection.faults:
        raise TerminologyError(
            f"{folder} cannot be read, faults: {len(inspection.faults):,}; correct what is listed above, "
            "or copy the release again"
        )


def _counts(inspection: Inspection) -> dict[str, int]:
    terms = inspection.terminology
    paths = [path for pt_paths in terms.paths.values() for path in pt_paths]
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


def _oddities(inspection: Inspection) -> list[str]:
    terms = inspection.terminology
    without_path = sum(ptid not in terms.paths for ptid in terms.pt_names) if terms.paths else 0
    same_name = len(terms.pt_names) - len(terms.codes_by_name())
    notes = []
    if without_path:
        notes.append(f"PTs that mdhier.asc lacks: {without_path:,}; they agree with no other PT at any level")
    if same_name:
        notes.append(f"PTs with the name of another PT: {same_name:,}; the name stands for the last of them")
    return notes


def _print(inspection: Inspection, counts: dict[str, int], notes: list[str]) -> None:
    version = inspection.terminology.version or "unknown"
    rows = [("version", version), *((name, f"{count:,}") for name, count in counts.items())]
    print_table(figures_table(("", ""), rows))
    for note in notes:
        print_line(f"note: {note}")
    for fault in inspection.faults[:_MAX_SHOWN]:
        print_line(f"fault: {fault}")
    if len(inspection.faults) > _MAX_SHOWN:
        print_line(f"and {len(inspection.faults) - _MAX_SHOWN:,} more faults: --json lists them all")
