"""`ade-monitor up`: run the whole monitor on this machine, with nothing to install or configure."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor import metrics
from monitor.cli.console import add_row, print_note, print_renderable
from monitor.cli.options import Bundle, DataDir, Reload, Workers, load_settings_of
from monitor.embedded import RunningMonitor, running_monitor
from monitor.enrich import wanted_languages
from monitor.health import Health
from monitor.settings import Settings, masked_url
from monitor.settings.value_types import BrokerChoice
from monitor.status_server import serving_status

SUPERVISION_PAUSE: Final = 0.3  # seconds
REPLACED: Final = ("kafka.bootstrap_servers", "database.url", "redis.url")
# The broker believes that a dead worker is alive until its session ends, so sessions are short here.
SHORT_SESSION: Final = {"kafka.session_timeout": 10, "kafka.heartbeat_interval": 2}


def up_command(
    context: typer.Context,
    data_dir: DataDir = None,
    workers: Workers = 1,
    bundle: Bundle = None,
    reload: Reload = None,
    broker: Annotated[
        BrokerChoice | None,
        typer.Option(
            help="tansu keeps posts in memory only; kafka runs Apache Kafka, which keeps them on disk "
            "(setting embedded.broker)."
        ),
    ] = None,
    kafka_home: Annotated[
        Path | None,
        typer.Option(
            help="Folder of an Apache Kafka 4, for --broker kafka; by default that of the variable "
            "KAFKA_HOME (setting embedded.kafka_home)."
        ),
    ] = None,
) -> None:
    """Start a broker, Postgres, Valkey and a worker on this machine, and run them until Ctrl-C.

    They listen on loopback only, and what ends by itself is started again. The database and the alerts
    survive a restart. Posts that wait in the broker do not, because it keeps them in memory; with --broker
    kafka they do. A message says when the worker is ready.
    """
    options = {
        "embedded__broker": broker,
        "embedded__kafka_home": kafka_home,
        "worker__reload": reload,
    }
    settings = with_status(embedded_settings(context, data_dir, bundle, **options))
    health = Health()
    try:
        with (
            serving_status(settings.monitoring, metrics.SUPERVISOR, health) as url,
            running_monitor(settings, workers=workers, notify=print_note, health=health) as monitor,
        ):
            loading = "loading its model; posts that are fed meanwhile wait for it"
            show_panel(monitor, worker=loading, status_url=url)
            while True:
                monitor.supervise()
                time.sleep(SUPERVISION_PAUSE)
    except KeyboardInterrupt:
        print_note("stopped")


def embedded_settings(
    context: typer.Context, data_dir: Path | None, bundle: str | None, **more: Any
) -> Settings:
    """Load the settings of a command that runs the embedded stack.

    Args:
        context: of the command.
        data_dir: value of its option, or None.
        bundle: value of its option, or None.
        more: further settings; see `load_settings_of`.

    Raises:
        SettingsError: a setting is wrong; see `load_settings`.
        BundleError: there is no such bundle, or it does not have the chosen Normalizer.
    """
    from models.scoring.catalog import require_bundle

    options = {"embedded__data_dir": data_dir, "model__bundle": bundle, **more}
    loaded = load_settings_of(context, **options)
    model = loaded.settings.model
    require_bundle(model.bundle, model.normalizer)  # before anything is started for it
    for name in REPLACED:
        origin = loaded.origins.get(name)
        if origin and not origin.startswith("embedded stack"):
            print_note(f"{name} ({origin}) is not used here: this command starts servers of its own")
    if SHORT_SESSION.keys() & loaded.origins.keys():
        return loaded.settings
    short_session = {name.replace(".", "__"): value for name, value in SHORT_SESSION.items()}
    return load_settings_of(context, **options, **short_session).settings


def with_status(settings: Settings) -> Settings:
    """Return the settings with free ports for metrics and health, unless a port is set."""
    if settings.monitoring.port is not None:
        return settings
    return settings.model_copy(update={"monitoring": settings.monitoring.model_copy(update={"port": 0})})


def show_panel(monitor: RunningMonitor, *, worker: str, status_url: str | None = None) -> None:
    """Show the addresses of the monitor, what its worker does, and what to do next."""
    settings, stack = monitor.settings, monitor.stack
    keeps = stack.broker.keeps_topics
    rows = Table.grid(padding=(0, 2))
    for cells in (
        ("broker", f"{settings.kafka.bootstrap_servers}  topic {settings.kafka.topic}"),
        (
            "",
            "Apache Kafka: keeps posts on disk for 7 days"
            if keeps
            else "in memory: keeps all posts, also those that were read, until it stops",
        ),
        ("database", masked_url(settings.database.url.get_secret_value())),
        ("alerts", f"{masked_url(settings.redis.url.get_secret_value())}  {settings.alerts.stream}"),
        ("worker", worker),
        ("languages", _languages(settings)),
        ("passwords", f"{stack.data_dir}/*.password"),
        ("logs", str(stack.logs)),
        *([("metrics", f"{status_url}/metrics; each worker has its own")] if status_url else []),
        ("", ""),
        ("next", "in another terminal, in this folder:"),
    ):
        add_row(rows, *cells)
    if stack.data_dir != Path("ade-data").resolve():
        add_row(rows, "", Text(f"export ADE_EMBEDDED__DATA_DIR={stack.data_dir}", style="bold"))
    rows.add_row("", "[bold]ade-monitor feed[/] FILE     send posts")
    rows.add_row("", "[bold]ade-monitor alerts follow[/] show alerts as they arrive")
    rows.add_row("", "[bold]ade-monitor query[/]         show what was found so far")
    rows.add_row("stop", f"Ctrl-C; posts that wait in the broker {'stay' if keeps else 'are lost then'}")
    print_renderable(Panel(rows, title="ade-monitor is running", title_align="left", expand=False))


def _languages(settings: Settings) -> str:
    languages = wanted_languages(settings)
    return f"{', '.join(languages)}; other posts are counted and skipped" if languages else "all"
