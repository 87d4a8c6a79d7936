"""Send alerts to Slack, Microsoft Teams and the other services of apprise."""

from __future__ import annotations

import logging
import threading
from typing import Any, Final

from monitor.alerts.rulebook.routes import ChatRoute
from monitor.notify.dispatch import Dispatch
from monitor.notify.errors import RouteAwayError
from monitor.notify.route_secrets import RouteSecrets
from monitor.notify.written_messages import message_text, subject_of

PLUGINS: Final = {"slack": {"NotifySlack"}, "teams": {"NotifyMSTeams", "NotifyWorkflows"}}
"""The classes of apprise that a type of route may have; `apprise` has no limit."""


class ChatSender:
    """The `RouteSender` of a chat service.

    Args:
        route: the route.
        secrets: reads its address.

    Raises:
        SettingsError: the address is missing, or is not one of such a service.
    """

    def __init__(self, route: ChatRoute, secrets: RouteSecrets) -> None:
        from apprise import Apprise, NotifyFormat

        self._route = route
        self._secrets = secrets
        self._format = NotifyFormat.TEXT
        # Its log has addresses with tokens, and goes to the errors here instead.
        logging.getLogger("apprise").propagate = False
        service: Any = Apprise.instantiate(secrets.read("url"), suppress_exceptions=True)
        allowed = PLUGINS.get(route.type)
        if service is None or (allowed and type(service).__name__ not in allowed):
            what = "an address that apprise knows" if allowed is None else f"an address of {route.type}"
            raise secrets.problem("url", f"is not {what}", "docs/notify.md has examples")
        self.service_name = str(service.service_name)
        service.socket_connect_timeout = service.socket_read_timeout = route.timeout
        self._service = Apprise()
        self._service.add(service)

    def send(self, dispatch: Dispatch) -> None:
        """Send a message.

        Raises:
            RouteAwayError: the service did not take it. apprise does not report whether a retry may help.
        """
        with _Warnings() as warnings:
            is_sent = self._service.notify(
                title=subject_of(dispatch), body=self._body(dispatch), body_format=self._format
            )
        if not is_sent:
            reason = self._secrets.hidden_in("; ".join(warnings.lines)) or "no answer"
            raise RouteAwayError(f"{self.service_name} did not take the message ({reason:.300})")

    def preview(self, dispatch: Dispatch) -> str:
        """Return the title and the text."""
        return f"{self.service_name}: {subject_of(dispatch)}\n\n{self._body(dispatch)}"

    def close(self) -> None:
        """Do nothing: no connection stays open."""

    def _body(self, dispatch: Dispatch) -> str:
        route = self._route
        return message_text(dispatch, include_text=route.include_text, time_zone=route.time_zone)


class _Warnings(logging.Handler):
    """Collects what apprise logs in this thread during a block."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def __enter__(self) -> _Warnings:
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("apprise").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())
