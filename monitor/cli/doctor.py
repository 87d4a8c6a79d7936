"""`ade-monitor doctor`: check everything that the monitor depends on, and show what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from monitor.cli.console import print_json, print_line
from monitor.cli.options import load_settings_of
from monitor.errors import SettingsError

if TYPE_CHECKING:
    from monitor.doctor import ProbeResult
    from monitor.settings import LoadedSettings

SIGNS: Final = {"ok": ("ok  ", "green"), "hint": ("hint", "yellow"), "failed": ("no  ", "bold red")}


def doctor_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Check the settings, the bundle, the broker, the database, Redis, the embedded stack and the disk.

    Exits with status 1 if something that the monitor needs does not work.
    """
    from monitor.doctor import ProbeResult, probes_for, run_probes

    try:
        loaded = load_settings_of(context)
    except SettingsError as error:
        _show("settings", ProbeResult("failed", error.fact, error.advice), as_json=as_json)
        raise typer.Exit(1) from None
    _show("settings", _sources(loaded), as_json=as_json)
    failed = False
    for probe, result in run_probes(probes_for(loaded.settings)):
        _show(probe.name, result, as_json=as_json)
        failed |= result.state == "failed"
    if failed:
        raise typer.Exit(1)


def _sources(loaded: LoadedSettings) -> ProbeResult:
    from monitor.doctor import ProbeResult

    sources = sorted(set(loaded.origins.values()))
    return ProbeResult("ok", f"from {', '.join(sources)}" if sources else "all defaults")


def _show(name: str, result: ProbeResult, *, as_json: bool) -> None:
    if as_json:
        # The last field keeps the name that it has had from the first version.
        record = {"name": name, "state": result.state, "detail": result.detail, "mend": result.advice}
        print_json(record)
        return
    sign, style = SIGNS[result.state]
    first, *further = result.detail.splitlines() or [""]
    print_line(Text.assemble((sign, style), f"  {name:<9} {first}"))
    for line in further:  # wrong settings, one line each
        print_line(f"      {'':<9} {line}")
    if result.advice:
        print_line(Text(f"      {'':<9} → {result.advice}", style="yellow"))
