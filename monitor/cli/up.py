"""`ade-monitor up`: the whole monitor on this machine, with nothing to install or configure."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.panel import Panel
from rich.table import Table

from monitor.cli.console import out, say_note
from monitor.cli.options import Bundle, CommandContext
from monitor.embedded.running import RunningMonitor, running_monitor
from monitor.settings import Settings
from monitor.settings.show import masked_url

TENDING_PAUSE = 0.3  # seconds
REPLACED = ("kafka.bootstrap_servers", "database.url", "redis.url")
# The broker takes a worker that is gone for alive until its session ends.
BRISK = {"kafka.session_timeout": 10, "kafka.heartbeat_interval": 2}

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of all that is kept (setting embedded.data_dir).")
]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="Worker processes.")]


def up_command(
    context: typer.Context, data_dir: DataDir = None, workers: Workers = 1, bundle: Bundle = None
) -> None:
    """Start a broker, Postgres, Valkey and a worker on this machine, and run them until Ctrl-C.

    They listen on loopback alone. The database and the alerts outlast a restart; tweets that wait in
    the broker, which keeps them in memory, do not.
    """
    settings = embedded_settings(context, data_dir, bundle)
    try:
        with running_monitor(settings, workers=workers, say=say_note) as monitor:
            show_panel(monitor, worker="loading its model; tweets that are fed meanwhile wait for it")
            while True:
                monitor.tend()
                time.sleep(TENDING_PAUSE)
    except KeyboardInterrupt:
        say_note("stopped")


def embedded_settings(context: typer.Context, data_dir: Path | None, bundle: str | None) -> Settings:
    """Load the settings of a command that runs the embedded stack.

    Raises:
        SettingsError: as `load_settings`.
        BundleError: there is no such bundle, or it has no such Normalizer.
    """
    from models.scoring.catalog import require_bundle

    load = cast(CommandContext, context.obj).load
    given = {"embedded__data_dir": data_dir, "model__bundle": bundle}
    loaded = load(**given)
    model = loaded.settings.model
    require_bundle(model.bundle, model.normalizer)  # before anything is started for it
    for name in REPLACED:
        origin = loaded.origins.get(name)
        if origin and not origin.startswith("embedded stack"):
            say_note(f"{name} ({origin}) is not used here: this command starts servers of its own")
    brisk = {k.replace(".", "__"): v for k, v in BRISK.items() if not BRISK.keys() & loaded.origins.keys()}
    return load(**given, **brisk).settings


def show_panel(monitor: RunningMonitor, *, worker: str) -> None:
    """Tell where everything is, what the worker does, and what to do next."""
    settings, stack = monitor.settings, monitor.stack
    rows = Table.grid(padding=(0, 2))
    rows.add_row("broker", f"{settings.kafka.bootstrap_servers}  topic {settings.kafka.topic}")
    rows.add_row("database", masked_url(settings.database.url.get_secret_value()))
    rows.add_row("alerts", f"{masked_url(settings.redis.url.get_secret_value())}  {settings.alerts.stream}")
    rows.add_row("worker", worker)
    rows.add_row("passwords", f"{stack.data_dir}/*.password")
    rows.add_row("logs", str(stack.logs))
    rows.add_row("", "")
    rows.add_row("next", "in another terminal, in this folder:")
    if stack.data_dir != Path("ade-data").resolve():
        rows.add_row("", f"[bold]export ADE_EMBEDDED__DATA_DIR={stack.data_dir}[/]")
    rows.add_row("", "[bold]ade-monitor feed[/] FILE     tweets in")
    rows.add_row("", "[bold]ade-monitor alerts follow[/] alerts as they come")
    rows.add_row("", "[bold]ade-monitor query[/]         what was found so far")
    rows.add_row("stop", "Ctrl-C; tweets that are still in the broker are lost then")
    out.print(Panel(rows, title="ade-monitor is running", title_align="left", expand=False))
