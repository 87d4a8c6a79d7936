"""`ade-monitor topics`: create the two topics, and show how far they have been read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from monitor.cli.console import add_row, new_table, print_error, print_json, print_line, print_table
from monitor.cli.options import Bootstrap, Topic, settings_of
from monitor.kafka import PartitionState, ensure_topics, topic_states

topics_app = typer.Typer(
    help="Create the topics, and show how far they have been read.", no_args_is_help=True
)


@topics_app.command("create")
def create_command(context: typer.Context, topic: Topic = None, bootstrap: Bootstrap = None) -> None:
    """Create the topic of the tweets and its dead-letter topic if they are missing."""
    kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka
    created = ensure_topics(kafka)
    for name in (kafka.topic, kafka.dead_letter_topic):
        print_line(f"{name}: {'created' if name in created else 'exists already, unchanged'}")


@topics_app.command("show")
def show_command(
    context: typer.Context,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per partition.")] = False,
) -> None:
    """Show each partition: its offsets, and how far the workers' group has read it.

    Exits with status 1 if there is no such topic.
    """
    kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka
    states = topic_states(kafka)
    if as_json:
        for state in states:
            print_json({**asdict(state), "lag": state.lag})
    elif states:
        _print_states(states)
    if not any(state.topic == kafka.topic for state in states):
        print_error(f"there is no topic {kafka.topic}: `ade-monitor topics create` creates it")
        raise typer.Exit(1)


def _print_states(states: Sequence[PartitionState]) -> None:
    table = new_table("topic", "partition", "first", "end", "read by the workers", "lag")
    for state in states:
        numbers = (state.partition, state.first, state.end, state.committed, state.lag)
        add_row(table, state.topic, *("" if number is None else f"{number:,}" for number in numbers))
    print_table(table)
