"""`ade-monitor notify`: take alerts to webhooks, mailboxes and chat services, until Ctrl-C."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.console import counted, print_line, print_note
from monitor.cli.options import settings_of
from monitor.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.alerts.rulebook.routes import Route
    from monitor.notify import RouteSender
    from monitor.settings import Settings


def notify_command(
    context: typer.Context,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", metavar="FILE", help="TOML file with the routes (setting alerts.rules)."),
    ] = None,
    route: Annotated[
        list[str] | None,
        typer.Option("--route", metavar="NAME", help="Only this route. Repeatable. Default: all routes."),
    ] = None,
    from_start: Annotated[
        bool,
        typer.Option(
            "--from-start",
            help="Let new routes start at the oldest alert in Redis, instead of the next one.",
        ),
    ] = False,
    preview: Annotated[
        bool,
        typer.Option(
            "--preview", help="Print what each route would send for alerts in Redis, and send nothing."
        ),
    ] = False,
    alert: Annotated[
        str | None, typer.Option("--alert", metavar="ALERT_ID", help="With --preview: this alert.")
    ] = None,
    last: Annotated[
        int,
        typer.Option("--last", metavar="N", min=1, max=10_000, help="With --preview: the newest N alerts."),
    ] = 1,
    test: Annotated[
        str | None,
        typer.Option("--test", metavar="ROUTE", help="Send one test message to a route, marked as such."),
    ] = None,
    refused: Annotated[
        bool, typer.Option("--refused", help="List the alerts that a receiver refused for good.")
    ] = False,
    resend: Annotated[
        str | None,
        typer.Option("--resend", metavar="ROUTE", help="Send the refused alerts of a route again."),
    ] = None,
) -> None:
    """Take each alert to its routes, at least once. Needs the extra `notify`.

    A route is a table `route.NAME` in the rules file. While a receiver is away, its alerts wait.
    """
    from monitor.notify import Notifier, open_routes

    modes = {"--preview": preview, "--test": test, "--refused": refused, "--resend": resend}
    chosen = [option for option, value in modes.items() if value]
    if len(chosen) > 1:
        raise typer.BadParameter(f"{' and '.join(chosen)} exclude each other")
    if alert and not preview:
        raise typer.BadParameter("--alert needs --preview")
    settings = settings_of(context, alerts__rules=rules)
    only = [name for name in (test, resend) if name] or route or ()
    routes, senders = open_routes(settings, only, clock=_now)
    if preview:
        _preview(settings, routes, senders, alert, last)
    elif test:
        _send_test(test, senders[test])
    elif refused or resend:
        _list_or_resend(settings, senders, resend)
    else:
        from monitor.cli.notify_session import run_notifier

        run_notifier(settings, Notifier(settings, routes, senders, from_start=from_start, clock=_now))


def _preview(
    settings: Settings,
    routes: Mapping[str, Route],
    senders: Mapping[str, RouteSender],
    alert_id: str | None,
    last: int,
) -> None:
    from monitor.alerts.redis import connect
    from monitor.notify import newest_alerts, preview_messages, reason_for_none

    with connect(settings.redis) as client:
        entries = newest_alerts(
            client, settings.alerts.stream, last=1 if alert_id else last, alert_id=alert_id
        )
    if not entries:
        what = f"alert {alert_id}" if alert_id else "an alert"
        raise SettingsError(f"the stream {settings.alerts.stream} does not have {what}", "choose another one")
    count = 0
    for message in preview_messages(entries, routes, senders, _now()):
        count += 1
        kind = f"{message.digest} digest of {message.alerts} alerts" if message.digest else "one alert"
        print_line(f"── route {message.route}: {kind}, due {message.due:%Y-%m-%d %H:%M:%SZ} ──")
        for line in message.text.splitlines():
            print_line(line)
        print_line("")
    if count:
        print_note(f"{counted(count, 'message')} would be sent, and none was")
    else:
        reason = reason_for_none(entries, routes, senders, settings.alerts.rules)
        print_note(f"no message would be sent: {reason}")


def _send_test(name: str, sender: RouteSender) -> None:
    from monitor.notify import Dispatch

    try:
        sender.send(Dispatch(name, (), _now()))
    finally:
        sender.close()
    print_line(f"route {name} has taken the test message")


def _list_or_resend(settings: Settings, senders: Mapping[str, RouteSender], resend: str | None) -> None:
    from monitor.alerts.redis import connect
    from monitor.notify import CONSUMER, RefusedAlerts, RouteKeys

    stream = settings.alerts.stream
    with connect(settings.redis) as client:
        refused = RefusedAlerts(client, stream)
        if resend:
            count = refused.send_again(resend, RouteKeys(stream, resend).group, CONSUMER)
            print_line(f"{count:,} alerts of route {resend} wait again; they are sent within five minutes")
            return
        for name in senders:
            for alert in refused.of(name):
                print_line(f"{name}  {alert.alert_id}  {alert.problem}")


def _now() -> datetime:
    return datetime.now(UTC)
