"""`ade-monitor doctor`: is everything there that the monitor needs, and what to do where it is not?"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.text import Text

from monitor.cli.console import out
from monitor.cli.options import CommandContext
from monitor.errors import SettingsError
from monitor.settings.sources import LoadedSettings

if TYPE_CHECKING:
    from monitor.doctor import Finding

SIGNS = {"ok": ("ok  ", "green"), "hint": ("hint", "yellow"), "failed": ("no  ", "bold red")}


def doctor_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Check the settings, the bundle, the broker, the database, Redis, the embedded stack and the disk.

    Ends with status 1 where something that the monitor needs is not in order.
    """
    from monitor.doctor import Finding, check_up, probes_for

    try:
        loaded = cast(CommandContext, context.obj).load()
    except SettingsError as error:
        _show("settings", Finding("failed", str(error)), as_json=as_json)
        raise typer.Exit(1) from None
    _show("settings", _sources(loaded), as_json=as_json)
    failed = False
    for probe, finding in check_up(probes_for(loaded.settings)):
        _show(probe.name, finding, as_json=as_json)
        failed |= finding.state == "failed"
    if failed:
        raise typer.Exit(1)


def _sources(loaded: LoadedSettings) -> Finding:
    from monitor.doctor import Finding

    sources = sorted(set(loaded.origins.values()))
    return Finding("ok", f"from {', '.join(sources)}" if sources else "all of them defaults")


def _show(name: str, finding: Finding, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"name": name, **asdict(finding)}, ensure_ascii=False))
        return
    sign, style = SIGNS[finding.state]
    line = Text.assemble((sign, style), f"  {name:<9} {finding.detail}")
    out.print(line)
    if finding.mend:
        out.print(Text(f"      {'':<9} → {finding.mend}", style="yellow"))
