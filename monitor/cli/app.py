"""The typer application: global options, and the subcommands put together."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from models.terminal import flow_help
from monitor.cli.alerts import alerts_app
from monitor.cli.audit import audit_app
from monitor.cli.cases import cases_app
from monitor.cli.compliance import compliance_app
from monitor.cli.connect import connect_app
from monitor.cli.db import db_app
from monitor.cli.deadletters import deadletters_app
from monitor.cli.demo import demo_command
from monitor.cli.doctor import doctor_command
from monitor.cli.erase import erase_command
from monitor.cli.export import export_app
from monitor.cli.feed import feed_command
from monitor.cli.formats import formats_command
from monitor.cli.labels import labels_app
from monitor.cli.notify import notify_command
from monitor.cli.prove import prove_command
from monitor.cli.query import query_command
from monitor.cli.recode import recode_command
from monitor.cli.redis import redis_app
from monitor.cli.retention import retention_app
from monitor.cli.review import review_app
from monitor.cli.rules import rules_app
from monitor.cli.schema import schema_command
from monitor.cli.score import score_command
from monitor.cli.settings import settings_command
from monitor.cli.signals import signals_app
from monitor.cli.stack_advice import AdvisingGroup
from monitor.cli.terminology import terminology_app
from monitor.cli.topics import topics_app
from monitor.cli.try_post import try_command
from monitor.cli.up import up_command
from monitor.cli.worker import worker_command

app = typer.Typer(
    name="ade-monitor",
    cls=AdvisingGroup,
    help="Watch social media for adverse drug effects: tweets from Kafka, ADEs to Postgres, alerts to Redis.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(show: bool) -> None:
    if show:
        typer.echo(f"ade-monitor {version('ade-monitor')}")
        raise typer.Exit


@app.callback()
def global_options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="TOML file of settings; by default ADE_CONFIG or ade-monitor.toml."),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Read the options that all subcommands share."""
    context.obj = config


RUN = "Run the monitor"
USE = "Tweets in, ADEs and alerts out"
KEEP = "Keep it running"

app.command("demo", rich_help_panel=RUN)(demo_command)
app.command("try", rich_help_panel=RUN)(try_command)
app.command("up", rich_help_panel=RUN)(up_command)
app.command("worker", rich_help_panel=RUN)(worker_command)
app.command("feed", rich_help_panel=USE)(feed_command)
app.command("formats", rich_help_panel=USE)(formats_command)
app.add_typer(connect_app, name="connect", rich_help_panel=USE)
app.command("score", rich_help_panel=USE)(score_command)
app.command("query", rich_help_panel=USE)(query_command)
app.add_typer(cases_app, name="cases", rich_help_panel=USE)
app.add_typer(review_app, name="review", rich_help_panel=USE)
app.add_typer(export_app, name="export", rich_help_panel=USE)
app.add_typer(alerts_app, name="alerts", rich_help_panel=USE)
app.add_typer(signals_app, name="signals", rich_help_panel=USE)
app.add_typer(rules_app, name="rules", rich_help_panel=USE)
app.command("notify", rich_help_panel=USE)(notify_command)
app.add_typer(terminology_app, name="terminology", rich_help_panel=USE)
app.command("recode", rich_help_panel=USE)(recode_command)
app.add_typer(labels_app, name="labels", rich_help_panel=USE)
app.command("schema", rich_help_panel=USE)(schema_command)
app.command("doctor", rich_help_panel=KEEP)(doctor_command)
app.command("settings", rich_help_panel=KEEP)(settings_command)
app.add_typer(db_app, name="db", rich_help_panel=KEEP)
app.add_typer(redis_app, name="redis", rich_help_panel=KEEP)
app.add_typer(topics_app, name="topics", rich_help_panel=KEEP)
app.add_typer(audit_app, name="audit", rich_help_panel=KEEP)
app.command("prove", rich_help_panel=KEEP)(prove_command)
app.command("erase", rich_help_panel=KEEP)(erase_command)
app.add_typer(compliance_app, name="compliance", rich_help_panel=KEEP)
app.add_typer(retention_app, name="retention", rich_help_panel=KEEP)
app.add_typer(deadletters_app, name="deadletters", rich_help_panel=KEEP)

flow_help(app)
