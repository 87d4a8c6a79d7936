"""Send alerts by e-mail, each message with plain text and HTML."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from monitor.alerts.rulebook.routes import EmailRoute
from monitor.notify.dispatch import Dispatch
from monitor.notify.errors import RefusedError, RouteAwayError
from monitor.notify.route_secrets import RouteSecrets
from monitor.notify.written_messages import message_html, message_text, subject_of

TOO_LARGE = 552
"""Reply to a message that is larger than the server allows (RFC 5321, 4.2.3)."""


class EmailSender:
    """The `RouteSender` of an e-mail route. Each message has a connection of its own.

    Args:
        route: the route.
        secrets: reads its password.

    Raises:
        SettingsError: the password is missing, or the file of the authority cannot be used.
    """

    def __init__(self, route: EmailRoute, secrets: RouteSecrets) -> None:
        self._route = route
        self._secrets = secrets
        self._reached: dict[str, frozenset[str]] = {}
        self._password = secrets.read("password") if route.user is not None else None
        try:
            self._tls = ssl.create_default_context(
                cafile=None if route.ca_file is None else str(route.ca_file)
            )
        except (OSError, ssl.SSLError) as error:
            raise secrets.problem("ca_file", f"{route.ca_file} is not a PEM file ({error})") from None

    def send(self, dispatch: Dispatch) -> None:
        """Send a message to all recipients.

        Raises:
            RouteAwayError: the server is away, or refuses the login, the sender, all recipients, or some of
                them for now. The next attempt is for these only.
            RefusedError: it refuses the content, or some recipients for good. The others have the message.
        """
        message = self.message_of(dispatch)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise self._away(error) from None
        try:
            self._hand_in(server, message)
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                server.quit()

    def preview(self, dispatch: Dispatch) -> str:
        """Return the headers and the plain text."""
        message = self.message_of(dispatch)
        headers = [f"{name}: {message[name]}" for name in ("From", "To", "Subject")]
        return "\n".join([*headers, "", self._plain(dispatch)])

    def close(self) -> None:
        """Do nothing: no connection stays open."""

    def message_of(self, dispatch: Dispatch) -> EmailMessage:
        """Return the message; its Message-ID is the same at each attempt."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self._route.sender
        message["To"] = ", ".join(self._route.to)
        message["Subject"] = subject_of(dispatch)
        message["Date"] = format_datetime(dispatch.created_at)
        message["Message-ID"] = f"<{dispatch.message_id}@{self._route.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if dispatch.digest is None and dispatch.entries:
            message["X-ADE-Alert-Id"] = dispatch.entries[0].item.alert_id
        message.set_content(self._plain(dispatch))
        route = self._route
        message.add_alternative(
            message_html(dispatch, include_text=route.include_text, time_zone=route.time_zone), subtype="html"
        )
        return message

    def _plain(self, dispatch: Dispatch) -> str:
        route = self._route
        return message_text(dispatch, include_text=route.include_text, time_zone=route.time_zone)

    def _connected(self) -> smtplib.SMTP:
        """Return a connection after TLS and login."""
        route = self._route
        host, port, timeout = route.host, route.effective_port, route.timeout
        name = socket.gethostname()  # the full name may need a name server
        server: smtplib.SMTP
        if route.tls == "tls":
            server = smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=timeout, context=self._tls)
        else:
            server = smtplib.SMTP(host, port, local_hostname=name, timeout=timeout)
        try:
            if route.tls == "starttls":
                server.starttls(context=self._tls)
            if route.user is not None and self._password is not None:
                server.login(route.user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _hand_in(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        message_id = str(message["Message-ID"])
        done = self._reached.get(message_id, frozenset())
        recipients = [address for address in self._route.to if address not in done]
        try:
            refused = server.send_message(message, to_addrs=recipients)
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
            if not done:
                raise self._away(error) from None
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            is_data = isinstance(error, smtplib.SMTPDataError)
            if error.smtp_code == TOO_LARGE or (is_data and error.smtp_code >= 500):
                raise RefusedError(self._fact(error)) from None
            raise self._away(error) from None
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise self._away(error) from None
        self._settle(message_id, done | {*recipients} - {*refused}, refused)

    def _settle(
        self, message_id: str, reached: frozenset[str], refused: Mapping[str, tuple[int, bytes]]
    ) -> None:
        """Remember who has the message, as long as others do not have it yet."""
        self._reached.pop(message_id, None)
        if not refused:
            return
        problem = smtplib.SMTPRecipientsRefused(dict(refused))
        if all(code >= 500 for code, _ in refused.values()):
            raise RefusedError(self._fact(problem))
        self._reached[message_id] = reached
        raise self._away(problem)

    def _away(self, error: Exception) -> RouteAwayError:
        return RouteAwayError(self._fact(error))

    def _fact(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            reason = f"it does not accept {error.recipients}"
        else:
            reason = f"{type(error).__name__}: {error}"
        place = f"{self._route.host}:{self._route.effective_port}"
        return f"{place} did not take the message ({self._secrets.hidden_in(reason):.300})"
