"""`ade-monitor export`: effects, cases, signals and reports of cases as files, with where they come from."""

from __future__ import annotations

import typer

from monitor.cli.export_cases import export_cases_command
from monitor.cli.export_e2b import export_e2b_command
from monitor.cli.export_effects import export_effects_command
from monitor.cli.export_signals import export_signals_command

export_app = typer.Typer(no_args_is_help=True)


@export_app.callback()
def export_group() -> None:
    """Export effects, cases and signals to files. Each export leaves an entry in the audit."""


export_app.command("effects")(export_effects_command)
export_app.command("cases")(export_cases_command)
export_app.command("signals")(export_signals_command)
export_app.command("e2b")(export_e2b_command)
