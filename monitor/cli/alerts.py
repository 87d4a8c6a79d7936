"""`ade-monitor alerts follow`: show the alerts of the Redis Stream as they arrive."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from models.terminal import terminal_safe
from monitor.cli.console import highlighted, print_json, print_line, print_note
from monitor.cli.options import require_searchable, settings_of
from monitor.errors import SettingsError

if TYPE_CHECKING:
    from rich.text import Text

    from monitor.alerts import AlertFilter, AlertPayload, Show

PT_WIDTH = 28

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
            help="Read as a member of this consumer group. The group remembers where it stopped, and each "
            "alert goes to one of its readers. It is created if it is missing. Without a group, every reader "
            "gets all new alerts.",
        ),
    ] = None,
    consumer: Annotated[
        str | None,
        typer.Option(
            "--consumer",
            metavar="NAME",
            help="Name of this reader in the group. It first gets what a reader of this name left. Two "
            "readers at the same time need two names. Default: the host name and the process id.",
        ),
    ] = None,
    claim_after: Annotated[
        float,
        typer.Option(
            "--claim-after",
            metavar="SECONDS",
            min=0.001,
            help="Take over alerts that another reader has not acknowledged after this time.",
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
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line, as published.")
    ] = False,
    from_start: Annotated[
        bool,
        typer.Option(
            "--from-start",
            help="Start at the oldest alert in Redis. An existing group continues where it stopped.",
        ),
    ] = False,
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", min=1, help="Stop after showing N alerts.")
    ] = None,
) -> None:
    """Show alerts as they arrive, until Ctrl-C.

    An alert is acknowledged to the group after its line is written, so an interrupted reader loses none.
    """
    from monitor.alerts import AlertFilter, follow
    from monitor.alerts.redis import open_reader

    for option, words in (("--group", [group]), ("--consumer", [consumer]), ("--drug", drug), ("--pt", pt)):
        if any(word is not None and not word.strip(" #") for word in words or ()):
            raise typer.BadParameter(f"{option} is empty. Add a value, or leave it out")
    for word in drug or ():
        require_searchable("--drug", word)
    if consumer and not group:
        raise SettingsError("--consumer names a reader of a group", "add --group as well")
    reader = open_reader(
        settings_of(context),
        group=group,
        consumer=consumer or f"{socket.gethostname()}-{os.getpid()}",
        claim_after=claim_after,
        from_start=from_start,
        notify=print_note,
    )
    show = _show(AlertFilter(drug or (), pt or ()), as_json=as_json)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        follow(reader, show, notify=print_note, count=count)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        reader.close()


def _show(alert_filter: AlertFilter, *, as_json: bool) -> Show:
    def show(alert: AlertPayload, text: str) -> bool:
        if not alert_filter.matches(alert):
            return False
        if as_json:
            print_json(json.loads(text))
        else:
            print_line(alert_line(alert))
        return True

    return show


def alert_line(alert: AlertPayload) -> Text:
    """Return an alert on one line: time, effect, probability, and the tweet with its span highlighted."""
    from rich.text import Text

    posted = alert.posted_at.strftime("%Y-%m-%d %H:%M:%SZ")
    effect = alert.pt_name or alert.ptid or "(uncoded)"
    return Text.assemble(
        (posted, "dim"),
        "  ",
        (terminal_safe(effect).ljust(PT_WIDTH), "yellow"),
        " ",
        (f"{alert.probability:4.0%}", "cyan"),
        "  ",
        highlighted(alert.text, (alert.mention.start, alert.mention.end), style="bold red underline"),
    )
