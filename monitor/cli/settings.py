"""`ade-monitor settings`: show the effective settings, and where each one came from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from monitor.cli.console import add_row, new_table, print_json, print_table
from monitor.cli.options import load_settings_of
from monitor.settings import setting_rows


def settings_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Show every setting, its effective value and its source; secrets stay hidden."""
    rows = setting_rows(load_settings_of(context))
    if as_json:
        for row in rows:
            print_json(asdict(row))
        return
    table = new_table("setting", "value", "from", "meaning")
    table.columns[0].no_wrap = True
    for row in rows:
        style = "dim" if row.source == "default" else None
        add_row(table, row.name, row.value, row.source, row.meaning, style=style)
    print_table(table)
