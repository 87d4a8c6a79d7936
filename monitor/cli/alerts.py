"""`ade-monitor alerts follow`: the alerts of the Redis Stream, as they come."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.console import out, say_note
from monitor.cli.options import settings_of
from monitor.errors import SettingsError

if TYPE_CHECKING:
    from redis import Redis

    from monitor.alerts.following import AlertFilter, Show
    from monitor.alerts.payload import AlertPayload
    from monitor.alerts.ports import Reader

alerts_app = typer.Typer(help="Follow the alerts.", no_args_is_help=True)


@alerts_app.callback()
def alerts_group() -> None:
    """Follow the alerts."""


@alerts_app.command("follow")
def follow_command(
    context: typer.Context,
    group: Annotated[
        str | None,
        typer.Option(
            "--group",
            metavar="NAME",
            help="Read as a member of this consumer group: it remembers where it stopped, and each alert "
            "goes to one of its readers. Created when missing. Without it, every reader sees all new alerts.",
        ),
    ] = None,
    consumer: Annotated[
        str | None,
        typer.Option(
            "--consumer",
            metavar="NAME",
            help="Name of this reader in the group; at first it gets what a reader of this name left. "
            "Two at once need two names. By default the host and process.",
        ),
    ] = None,
    claim_after: Annotated[
        float,
        typer.Option(
            "--claim-after",
            metavar="SECONDS",
            min=0.001,
            help="Take over what another reader of the group got and has not finished for so long.",
        ),
    ] = 60.0,
    drug: Annotated[
        list[str] | None,
        typer.Option(
            "--drug", metavar="WORD", help="Only tweets with this word, in any case, #word too. Repeatable."
        ),
    ] = None,
    pt: Annotated[
        list[str] | None,
        typer.Option("--pt", metavar="CODE|NAME", help="Only this MedDRA Preferred Term. Repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, as published.")] = False,
    from_start: Annotated[
        bool,
        typer.Option(
            "--from-start",
            help="Begin at the oldest alert that Redis has; a known group goes on where it was.",
        ),
    ] = False,
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", min=1, help="End after N alerts were shown.")
    ] = None,
) -> None:
    """Show alerts as they come; Ctrl-C ends.

    An alert is acknowledged to the group once its line is written, so an interrupted reader loses none.
    """
    from monitor.alerts.following import AlertFilter, follow
    from monitor.alerts.redis.connection import connect, place_of

    for option, words in (("--group", [group]), ("--consumer", [consumer]), ("--drug", drug), ("--pt", pt)):
        if any(word is not None and not word.strip(" #") for word in words or ()):
            raise typer.BadParameter(f"{option} is empty: give it a value, or leave it out")
    if consumer and not group:
        raise SettingsError("--consumer names a reader of a group: give --group as well")
    settings = settings_of(context)
    client = connect(settings.redis)
    name = consumer or f"{socket.gethostname()}-{os.getpid()}"
    stream = settings.alerts.stream
    reader = _reader(
        client, stream, group=group, consumer=name, claim_after=claim_after, from_start=from_start
    )
    show = _show(AlertFilter(drug or (), pt or ()), as_json=as_json)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        follow(reader, show, say=say_note, place=place_of(settings.redis), count=count)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        client.close()


def _reader(
    client: Redis, stream: str, *, group: str | None, consumer: str, claim_after: float, from_start: bool
) -> Reader:
    from monitor.alerts.redis.group import GroupReader
    from monitor.alerts.redis.tail import TailReader

    if group is None:
        return TailReader(client, stream, from_start=from_start)
    return GroupReader(
        client,
        stream,
        group=group,
        consumer=consumer,
        claim_after=claim_after,
        from_start=from_start,
        say=say_note,
    )


def _show(wanted: AlertFilter, *, as_json: bool) -> Show:
    from monitor.alerts.shown import alert_line

    def show(alert: AlertPayload, text: str) -> bool:
        if not wanted.matches(alert):
            return False
        if as_json:
            line = json.dumps(json.loads(text), ensure_ascii=False) + "\n"
        else:
            with out.capture() as written:
                out.print(alert_line(alert))
            line = written.get()
        # Written past rich, which hides a broken pipe; echo flushes, so that what is acknowledged is out.
        typer.echo(line.encode(), nl=False)
        return True

    return show
