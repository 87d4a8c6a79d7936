"""`ade-monitor settings`: the effective values, and where each came from."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, cast

import typer
from rich.markup import escape
from rich.table import Table

from monitor.cli.console import print_table
from monitor.cli.options import CommandContext
from monitor.settings.show import setting_rows


def settings_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show every setting, its effective value and its source; secrets stay hidden."""
    rows = setting_rows(cast(CommandContext, context.obj).load())
    if as_json:
        for row in rows:
            typer.echo(json.dumps(asdict(row), ensure_ascii=False))
        return
    table = Table("setting", "value", "from", "meaning", box=None)
    table.columns[0].no_wrap = True
    for row in rows:
        cells = (escape(cell) for cell in (row.name, row.value, row.source, row.meaning))
        table.add_row(*cells, style="dim" if row.source == "default" else None)
    print_table(table)
