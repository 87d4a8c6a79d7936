"""`ade-monitor terminology`: import a release of MedDRA with its groups, and show what is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from monitor.cli.console import add_row, counted, new_table, print_json, print_line, print_note, print_table
from monitor.cli.count_progress import count_progress
from monitor.cli.options import settings_of

if TYPE_CHECKING:
    from models.terminology import EventList, GroupedRelease, GroupInspection, GroupKind
    from monitor.store.terminology_import import ImportedTerminology

terminology_app = typer.Typer(
    no_args_is_help=True, help="Import a release of MedDRA: SOCs, HLGTs, HLTs, SMQs, and lists of events."
)

_MOST_SHOWN: Final = 20
"""Number of faults, or of unknown entries, that are printed."""

NO_VERSION: Final = "a release of unknown version"
"""What `list` shows for a release without a version."""


@terminology_app.command("import")
def terminology_import_command(
    context: typer.Context,
    release: Annotated[
        Path, typer.Option("--release", metavar="DIR", help="Folder of a MedDRA ASCII release.")
    ],
    ime: Annotated[
        Path | None,
        typer.Option("--ime", metavar="FILE", help="List of important medical events: text, CSV, TSV, XLSX."),
    ] = None,
    dme: Annotated[
        Path | None, typer.Option("--dme", metavar="FILE", help="List of designated medical events.")
    ] = None,
    version: Annotated[
        str, typer.Option("--version", help="Version of the release, if its folder does not contain it.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import the groups of the PTs of a release, in place of the earlier import.

    Queries and rules can then filter by SOC, HLGT, HLT and SMQ, and by the two lists. All of it is replaced
    in one transaction: readers see the earlier import or the new one. After Ctrl-C, nothing has
    changed. The login needs the rights of ade_admin.

    Example: [bold]ade-monitor terminology import --release MedAscii --ime ime-list.xlsx[/]
    """
    from monitor.store.terminology_import import imported_terminology, replace_terminology

    settings = settings_of(context)
    earlier = imported_terminology(settings)
    inspection = _inspect(release, version)
    grouped, lists = _with_lists(inspection.release, {"ime": ime, "dme": dme})
    name = grouped.terminology.version or NO_VERSION
    content = _content_of(grouped, inspection, {"ime": ime, "dme": dme})
    with count_progress(None, "rows") as advance:
        rows = replace_terminology(settings, name, grouped.groups(), content, advance=advance)
    if as_json:
        unknown = {
            kind: [{"line": entry.line, "text": entry.text} for entry in events.unknown]
            for kind, events in lists.items()
        }
        print_json(
            {
                "release": name,
                "counts": dict(content.counts),
                "rows": dict(rows),
                "absent": list(content.absent),
                "unknown": unknown,
            }
        )
    else:
        replaced = f", in place of {earlier.release}" if earlier else ""
        print_line(f"imported {name}{replaced}: {sum(rows.values()):,} groups of PTs")
    _note_gaps(inspection, lists, earlier)


@terminology_app.command("list")
def terminology_list_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show which release is imported, and how many terms, groups and events it has."""
    from monitor.store.terminology_import import imported_terminology

    imported = imported_terminology(settings_of(context))
    if as_json:
        print_json(_record(imported) if imported else {"release": None})
        return
    if imported is None:
        print_note("no release is imported: `ade-monitor terminology import --release DIR` imports one")
        return
    table = new_table("", "", show_header=False)
    add_row(table, "release", imported.release)
    add_row(table, "imported (UTC)", f"{imported.imported_at:%Y-%m-%d %H:%M}")
    for kind, count in imported.content.counts.items():
        file = imported.content.files.get(kind)
        add_row(table, kind.upper(), f"{count:,}" + (f" ({file})" if file else ""))
    print_table(table)


def _inspect(folder: Path, version: str) -> GroupInspection:
    """Read a release, and print its faults.

    Raises:
        TerminologyError: it has faults.
    """
    from models.terminology import TerminologyError, inspect_grouped_release

    inspection = inspect_grouped_release(folder, version=version)
    for fault in inspection.faults[:_MOST_SHOWN]:
        print_note(f"fault: {fault}")
    if count := len(inspection.faults):
        raise TerminologyError(
            f"{folder} was not imported, faults: {count:,}; correct what is listed above, or copy the "
            "release again"
        )
    return inspection


def _with_lists(
    release: GroupedRelease, files: Mapping[str, Path | None]
) -> tuple[GroupedRelease, dict[str, EventList]]:
    """Return the release with the lists in these files, and the lists by kind."""
    from dataclasses import replace

    from models.terminology import GroupKind, read_event_list

    lists = {kind: read_event_list(path, release.terminology) for kind, path in files.items() if path}
    ptids: dict[GroupKind, tuple[str, ...]] = {
        GroupKind(kind): events.ptids for kind, events in lists.items()
    }
    return replace(release, lists=ptids), lists


def _content_of(
    release: GroupedRelease, inspection: GroupInspection, files: Mapping[str, Path | None]
) -> Any:
    from monitor.store.terminology_import import ReleaseContent

    paths = [path for paths_of_pt in release.paths.values() for path in paths_of_pt]
    counts = {
        "pt": len(release.terminology.pt_names),
        "llt": len(release.terminology.llts),
        "hlt": len({path.hlt.code for path in paths}),
        "hlgt": len({path.hlgt.code for path in paths}),
        "soc": len({path.soc.code for path in paths}),
        "smq": len(release.smqs.by_code),
        **{kind.value: len(ptids) for kind, ptids in release.lists.items()},
    }
    smqs = release.smqs.by_code.values()
    return ReleaseContent(
        counts,
        {smq.code: smq.algorithm for smq in smqs if smq.algorithm},
        {kind: path.name.encode(errors="replace").decode() for kind, path in files.items() if path},
        inspection.absent,
    )


def _note_gaps(
    inspection: GroupInspection, lists: Mapping[str, EventList], earlier: ImportedTerminology | None
) -> None:
    """Print what cannot be filtered, entries of lists that the release does not have, and lists that went."""
    from models.terminology import CANNOT_FILTER

    for part in inspection.absent:
        print_note(f"the release is not complete: {CANNOT_FILTER[part]}")
    for kind, events in lists.items():
        if not events.unknown:
            continue
        shown = ", ".join(f"{entry.text} (line {entry.line})" for entry in events.unknown[:_MOST_SHOWN])
        more = ", …" if len(events.unknown) > _MOST_SHOWN else ""
        count = counted(len(events.unknown), "entry")
        print_note(f"--{kind} has {count} that the release does not have: {shown}{more}")
    for kind in (earlier.content.files if earlier else {}).keys() - lists.keys():
        print_note(f"the earlier import had a list that this one lacks: name it with --{kind}")


def _record(imported: ImportedTerminology) -> dict[str, Any]:
    return {
        "release": imported.release,
        "imported_at": imported.imported_at.isoformat(),
        "counts": dict(imported.content.counts),
        "algorithms": dict(imported.content.algorithms),
        "files": dict(imported.content.files),
        "absent": list(imported.content.absent),
    }
