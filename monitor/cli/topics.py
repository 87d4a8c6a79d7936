"""`ade-monitor topics`: create the two topics, show how far they have been read, and read them again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from monitor.cli.console import (
    add_row,
    new_table,
    print_error,
    print_json,
    print_line,
    print_note,
    print_table,
)
from monitor.cli.options import Bootstrap, Topic, parse_time, settings_of
from monitor.errors import FatalError
from monitor.kafka import (
    PartitionState,
    ensure_topics,
    look_up_topic,
    move_offsets,
    offsets_since,
    plan_moves,
    topic_states,
)
from monitor.settings import Settings

topics_app = typer.Typer(
    help="Create the topics, show how far they have been read, and read them again.", no_args_is_help=True
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
            print_json({**asdict(state), "lag": state.lag, "lost": state.lost})
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
    for state in states:
        if state.lost:
            print_note(
                f"{state.topic}/{state.partition}: {state.lost:,} messages were removed before the workers "
                "read them"
            )
        elif state.committed is not None and state.committed > state.end:
            print_note(
                f"{state.topic}/{state.partition} ends before the offset that the workers read next: the "
                "topic was created again"
            )


@topics_app.command("rewind")
def rewind_command(
    context: typer.Context,
    to: Annotated[
        str,
        typer.Option(
            metavar="TIME|OFFSET|WORD",
            help="Where to read on: when messages arrived (2026-11-29T08:00Z, or 24h ago), an offset, "
            "[bold]earliest[/], [bold]latest[/], or [bold]database[/], which is where its content ends.",
        ),
    ],
    partition: Annotated[
        list[int] | None, typer.Option(min=0, help="Only this partition. Repeatable.")
    ] = None,
    skip: Annotated[
        bool, typer.Option("--skip", help="Allow a move that leaves unread messages out.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Move nothing, show what would move.")] = False,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Make the workers read messages again, for example after the database was restored.

    Stop the workers first. Messages that are read twice are stored once, and raise no second alert.
    """
    settings = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap)
    moves = plan_moves(settings.kafka, _target(settings, to), tuple(partition or ()))
    table = new_table("partition", "first", "end", "read by the workers", "moves to", "to read")
    for move in moves:
        state = move.state
        numbers = (state.partition, state.first, state.end, state.committed, move.target, move.to_read)
        add_row(table, *("" if number is None else f"{number:,}" for number in numbers))
    print_table(table)
    skipped = sum(move.skipped for move in moves)
    if skipped and not skip:
        raise FatalError(
            f"this would leave {skipped:,} unread messages out, so nothing was moved",
            "add --skip to leave them out",
        )
    if dry_run:
        print_note("nothing was moved (--dry-run)")
        return
    move_offsets(settings.kafka, moves)
    print_line(f"{sum(move.to_read for move in moves):,} messages to read")


def _target(settings: Settings, to: str) -> Callable[[PartitionState], int]:
    """Return what gives the wanted offset of a partition.

    Raises:
        typer.BadParameter: `to` is none of the forms.
    """
    if to == "earliest":
        return lambda state: state.first
    if to == "latest":
        return lambda state: state.end
    if to.isdecimal():
        return lambda state: int(to)
    if to == "database":
        from monitor.store import stored_progress

        stored = stored_progress(settings, look_up_topic(settings.kafka).id)
        return lambda state: stored.get(state.partition, state.first)
    since = parse_time(to, "--to")
    if since is None:
        raise typer.BadParameter("--to needs a value")
    offsets = offsets_since(settings.kafka, since)
    return lambda state: offsets.get(state.partition, state.end)
