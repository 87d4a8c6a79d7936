"""`ade-monitor alerts follow`: show the alerts and retractions of the Redis Stream as they arrive."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from models.terminal import terminal_safe
from monitor.cli.console import highlighted, print_json, print_line, print_note
from monitor.cli.options import chosen_drugs, mistakes_as_usage, settings_of
from monitor.errors import MonitorError, SettingsError

if TYPE_CHECKING:
    from rich.text import Text

    from monitor.alerts import AlertPayload, RetractionPayload
    from monitor.settings import Settings

PT_WIDTH = 28
DRUG_WIDTH = 16
SEVERITY_WIDTH = 8
SEVERITY_STYLES = {"critical": "bold magenta", "high": "magenta", "medium": "yellow"}

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
            "--drug",
            metavar="NAME",
            help="Only effects linked to this drug, by any name: ingredient, brand, slang, or a class such "
            "as SSRIs. Repeatable.",
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
        int | None,
        typer.Option(
            "--count", metavar="N", min=1, help="Stop after showing N alerts. Retractions do not count."
        ),
    ] = None,
) -> None:
    """Show alerts and their retractions as they arrive, until Ctrl-C.

    An alert is acknowledged to the group after its line is written, so an interrupted reader loses none. A
    retraction passes all filters, unless this reader hid the alert.
    """
    from monitor.alerts import AlertFilter, follow
    from monitor.alerts.redis import open_reader

    for option, words in (("--group", [group]), ("--consumer", [consumer]), ("--drug", drug), ("--pt", pt)):
        if any(word is not None and not word.strip(" #") for word in words or ()):
            raise typer.BadParameter(f"{option} is empty. Add a value, or leave it out")
    if consumer and not group:
        raise SettingsError("--consumer names a reader of a group", "add --group as well")
    settings = settings_of(context)
    _require_known_pts(settings, pt or ())
    alert_filter = AlertFilter(chosen_drugs(settings, drug or ()), pt or ())
    reader = open_reader(
        settings,
        group=group,
        consumer=consumer or f"{socket.gethostname()}-{os.getpid()}",
        claim_after=claim_after,
        from_start=from_start,
        notify=print_note,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        follow(
            reader,
            _show_json if as_json else _show_line,
            notify=print_note,
            alert_filter=alert_filter,
            count=count,
        )
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        reader.close()


def _require_known_pts(settings: Settings, labels: Sequence[str]) -> None:
    """Check that there are such PTs. Following alerts needs no database, so without it, some are not checked.

    Raises:
        typer.BadParameter: nothing has one of the PTs.
    """
    from monitor.store.known_pts import UnknownPtError, require_known_pt

    for label in labels:
        try:
            with mistakes_as_usage(UnknownPtError):
                require_known_pt(settings, label)
        except MonitorError as problem:
            print_note(f"the PT '{label}' was not checked: {problem}")


def _show_json(_: AlertPayload | RetractionPayload, text: str) -> None:
    from pydantic_core import from_json

    # The parser that has accepted the text. Others have other limits, for fields that we do not know.
    print_json(from_json(text))


def _show_line(item: AlertPayload | RetractionPayload, _: str) -> None:
    from monitor.alerts import AlertPayload

    print_line(alert_line(item) if isinstance(item, AlertPayload) else retraction_line(item))


def alert_line(alert: AlertPayload) -> Text:
    """Return an alert on one line: time, severity, effect, drug, probability, and the tweet.

    The span is highlighted. Without a severity, its column is left out.
    """
    from rich.text import Text

    posted = alert.posted_at.strftime("%Y-%m-%d %H:%M:%SZ")
    effect = alert.pt_name or alert.ptid or "(uncoded)"
    severity = f"{terminal_safe(alert.severity).ljust(SEVERITY_WIDTH)} " if alert.severity else ""
    return Text.assemble(
        (posted, "dim"),
        "  ",
        (severity, SEVERITY_STYLES.get(alert.severity or "", "")),
        (terminal_safe(effect).ljust(PT_WIDTH), "yellow"),
        " ",
        (terminal_safe(alert.drug.name if alert.drug else "").ljust(DRUG_WIDTH), "green"),
        " ",
        (f"{alert.probability:4.0%}", "cyan"),
        "  ",
        highlighted(alert.text, (alert.mention.start, alert.mention.end), style="bold red underline"),
    )


def retraction_line(retraction: RetractionPayload) -> Text:
    """Return a retraction on one line: time, the id of the alert, and the reason."""
    from rich.text import Text

    retracted = retraction.retracted_at.strftime("%Y-%m-%d %H:%M:%SZ")
    reason = terminal_safe(retraction.reason)
    return Text.assemble((retracted, "dim"), f"  retracted: alert {retraction.alert_id} ({reason})")
