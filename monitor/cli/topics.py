"""`ade-monitor topics`: create the two topics, and tell how far they reach."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from monitor.cli.console import print_table, say_note
from monitor.cli.options import Bootstrap, Topic, settings_of
from monitor.kafka.topics import ensure_topics, topic_states

topics_app = typer.Typer(help="Create the topics, and tell how far they reach.", no_args_is_help=True)


@topics_app.command("create")
def create_command(context: typer.Context, topic: Topic = None, bootstrap: Bootstrap = None) -> None:
    """Create the topic of the tweets and its dead-letter topic where they are missing."""
    kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka
    created = ensure_topics(kafka)
    for name in (kafka.topic, kafka.dead_letter_topic):
        typer.echo(f"{name}: {'created' if name in created else 'was there already, left as it is'}")


@topics_app.command("show")
def show_command(
    context: typer.Context,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a partition.")] = False,
) -> None:
    """Show each partition: its offsets, and how far the workers' group has read it."""
    kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka
    states = topic_states(kafka)
    if as_json:
        for state in states:
            typer.echo(json.dumps({**asdict(state), "lag": state.lag}))
        return
    if not states:
        say_note(f"there is no topic {kafka.topic}: `ade-monitor topics create` makes it")
        return
    table = Table("topic", "partition", "first", "end", "read by the workers", "lag", box=None)
    for state in states:
        numbers = (state.partition, state.first, state.end, state.committed, state.lag)
        table.add_row(state.topic, *("" if number is None else f"{number:,}" for number in numbers))
    print_table(table)
