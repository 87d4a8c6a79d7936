"""`ade-monitor formats`: what `feed` and `score` can read."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from monitor.cli.console import add_row, new_table, print_json, print_table
from monitor.feed import FILE_FORMATS, PACKINGS
from monitor.ingest.sources import SOURCES


def formats_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines, one for each format.")] = False,
) -> None:
    """List the formats of files, the platforms whose JSON objects are read, and the ways of packing.

    The names of files and platforms are values of `--format`. All of them are detected.
    """
    records = list(_records())
    if as_json:
        for record in records:
            print_json(record)
        return
    table = new_table("name", "kind", "what it is", "recognized by")
    for record in records:
        add_row(table, record["name"], record["kind"], record["title"], record["signs"])
    print_table(table)


def _records() -> list[dict[str, Any]]:
    files = [
        {"name": form.name, "kind": "file", "title": form.title, "signs": ", ".join(form.extensions)}
        for form in FILE_FORMATS
    ]
    objects = [
        {"name": source.name, "kind": "json", "title": source.title, "signs": source.signs}
        for source in SOURCES
    ]
    packings = [
        {"name": packing.name, "kind": "packing", "title": _title(packing.unpack is None), "signs": signs}
        for packing in PACKINGS
        for signs in [", ".join(packing.extensions)]
    ]
    return [*files, *objects, *packings]


def _title(is_archive: bool) -> str:
    return "archive: each member with posts is read" if is_archive else "unpacked while it is read"
