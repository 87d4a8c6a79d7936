"""Receivers of alerts on loopback: a webhook and a mail server, which can fail in chosen ways."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from standardwebhooks import Webhook

from monitor.embedded import free_port
from tests.certificates import CertificateFiles

KEY = "a key of more than sixteen bytes"

CLOSE = "close"
HALF = "half"
Answer = int | str | tuple[int, dict[str, str]]
"""A status, a status with headers, or a way to break the connection."""


@dataclass(frozen=True)
class WebhookRequest:
    """A request that the receiver has read, whatever it answered."""

    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events, after the check of its signature."""
        Webhook(KEY.encode()).verify(self.body, self.headers)
        content = json.loads(self.body)
        return content if isinstance(content, list) else [content]


@dataclass
class WebhookReceiver:
    """A webhook.

    Attributes:
        answers: what it does with the next requests; afterwards, it takes all of them.
        poison: words in the body of requests that it answers with 500.
        seconds: how long it thinks before it answers.
        seen: all requests.
        taken: those that it answered with 2xx.
    """

    answers: deque[Answer] = field(default_factory=deque)
    poison: str = ""
    seconds: float = 0.0
    seen: list[WebhookRequest] = field(default_factory=list)
    taken: list[WebhookRequest] = field(default_factory=list)
    url: str = ""

    def alert_ids(self) -> list[str]:
        """Return the ids of the alerts and retractions that it took."""
        return [event["data"]["alert_id"] for request in self.taken for event in request.events]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Read a request and answer it."""
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        request = WebhookRequest(dict(handler.headers.items()), body)
        self.seen.append(request)
        time.sleep(self.seconds)
        answer = self.answers.popleft() if self.answers else 204
        if self.poison and self.poison.encode() in body:
            answer = 500
        if isinstance(answer, str):
            if answer == HALF:
                handler.wfile.write(b"HTTP/1.1 20")
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        if 200 <= status < 300:
            self.taken.append(request)
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


@contextmanager
def webhook_receiver(
    certificate: CertificateFiles | None = None, *, port: int = 0
) -> Iterator[WebhookReceiver]:
    """Run a webhook during the block, with TLS if it has a certificate."""
    receiver = WebhookReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", port), Handler)
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    receiver.url = f"{scheme}://127.0.0.1:{server.server_port}/hook/very-secret-path"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class MailBox:
    """What a mail server has taken.

    Attributes:
        data_replies: replies to the next messages instead of taking them.
        refused: replies for recipients that it refuses.
        messages: the messages with their recipients.
        logins: users that have logged in.
    """

    data_replies: deque[str] = field(default_factory=deque)
    refused: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data_replies:
            return self.data_replies.popleft()
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.messages.append((list(envelope.rcpt_tos), message))
        return "250 OK"

    def login(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        """Accept the password "right"."""
        is_right = isinstance(data, LoginPassword) and data.password == b"right"
        if is_right:
            self.logins.append(data.login.decode())
        return AuthResult(success=is_right, handled=is_right)


@contextmanager
def mail_server(
    certificate: CertificateFiles | None = None, *, from_first_byte: bool = False
) -> Iterator[MailBox]:
    """Run a mail server during the block.

    With a certificate, it requires STARTTLS and a login, or has TLS from the first byte.
    """
    box = MailBox()
    options: dict[str, Any] = {}
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        options = {"tls_context": context, "require_starttls": True, "auth_required": True}
        if from_first_byte:
            options = {"ssl_context": context}
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port, authenticator=box.login, **options)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
