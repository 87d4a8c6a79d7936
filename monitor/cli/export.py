"""`ade-monitor export`: effects, cases and reports of cases as files, with where they come from."""

from __future__ import annotations

import typer

from monitor.cli.export_cases import export_cases_command
from monitor.cli.export_e2b import export_e2b_command
from monitor.cli.export_effects import export_effects_command

export_app = typer.Typer(no_args_is_help=True)


@export_app.callback()
def export_group() -> None:
    """Export effects and cases to files. Each export is complete or resumable, and leaves an audit entry."""


export_app.command("effects")(export_effects_command)
export_app.command("cases")(export_cases_command)
export_app.command("e2b")(export_e2b_command)
