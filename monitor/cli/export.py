"""`ade-monitor export`: effects, cases and reports of cases as files, with where they come from."""

from __future__ import annotations

import typer

export_app = typer.Typer(no_args_is_help=True)


@export_app.callback()
def export_group() -> None:
    """Export effects and cases to files. Each export is complete or resumable, and leaves an audit entry."""
