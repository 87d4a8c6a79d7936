"""The sender of each kind of route, and the check that the libraries for it are installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from monitor.alerts.rulebook.routes import EmailRoute, Route, WebhookRoute
from monitor.errors import SettingsError
from monitor.notify.chat_sender import ChatSender
from monitor.notify.dispatch import RouteSender
from monitor.notify.email_sender import EmailSender
from monitor.notify.route_secrets import RouteSecrets
from monitor.notify.webhook_sender import WebhookSender

LIBRARIES: Final = ("apprise", "httpx", "standardwebhooks")


def require_notify_libraries() -> None:
    """Check that the extra `notify` is installed.

    Raises:
        SettingsError: a library is missing.
    """
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise SettingsError(f"routes need {' and '.join(missing)}", "run `pip install 'ade-monitor[notify]'`")


def new_senders(
    routes: Mapping[str, Route], path: Path, stream: str, clock: Callable[[], datetime]
) -> dict[str, RouteSender]:
    """Return a sender for each route.

    Args:
        routes: the routes by name.
        path: the rules file, for messages.
        stream: name of the Redis Stream.
        clock: returns the time, timezone-aware.

    Raises:
        SettingsError: a secret is missing, or a file cannot be used. The message has a line for each route.
    """
    senders: dict[str, RouteSender] = {}
    problems = []
    for name, route in routes.items():
        try:
            senders[name] = _new_sender(route, RouteSecrets(name, route, path), stream, clock)
        except SettingsError as error:
            problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise SettingsError("\n  ".join(["routes cannot be used:", *map(str, problems)]))
    return senders


def _new_sender(
    route: Route, secrets: RouteSecrets, stream: str, clock: Callable[[], datetime]
) -> RouteSender:
    if isinstance(route, WebhookRoute):
        return WebhookSender(route, secrets, stream, clock)
    if isinstance(route, EmailRoute):
        return EmailSender(route, secrets)
    return ChatSender(route, secrets)
