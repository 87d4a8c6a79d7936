"""The first requests of a client to a broker: the login, or one for nothing at all.

The bytes are those of Kafka's protocol guide (https://kafka.apache.org/protocol): ApiVersions is left out,
and these versions are spoken by all brokers from 1.0 on.
"""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Final

from monitor.errors import SettingsError
from monitor.kafka.security import client_security, refused_login
from monitor.settings import KafkaSettings

PROTOCOL_SETTING: Final = "kafka.security_protocol (ADE_KAFKA__SECURITY_PROTOCOL)"

METADATA, SASL_HANDSHAKE, SASL_AUTHENTICATE = (3, 1), (17, 1), (36, 0)  # number and version of each request
NO_CLIENT_ID: Final = -1
UNSUPPORTED_MECHANISM, NO_LOGIN_HERE = 33, 34  # numbers of errors
TLS_ALERT: Final = 0x15  # first byte of what a TLS server answers to a request without TLS
MOST_BYTES: Final = 1_000_000  # of an answer; real ones have a few hundred


def require_answer(connection: socket.socket, server: str, settings: KafkaSettings) -> None:
    """Log in, or send a request for no topics if there is no login, and check the answers.

    Args:
        connection: to the broker, encrypted if the settings say so.
        server: `host:port` of the broker, for messages.
        settings: how to log in.

    Raises:
        SettingsError: the broker refuses the login, offers another one, or speaks TLS.
        RetryableError: the token server is away.
        EOFError: the broker closed the connection.
        OSError: it does not answer.
    """
    if settings.uses_sasl:
        _log_in(connection, server, settings)
    else:
        _answer_to(connection, METADATA, struct.pack(">i", 0), server)


def _log_in(connection: socket.socket, server: str, settings: KafkaSettings) -> None:
    from kafka.errors import for_code
    from kafka.net.sasl import get_sasl_mechanism

    security = client_security(settings)
    name = (settings.sasl_mechanism or "").encode("ascii")
    handshake = _answer_to(connection, SASL_HANDSHAKE, struct.pack(">h", len(name)) + name, server)
    _check_mechanism(handshake, server, settings)
    exchange = get_sasl_mechanism(settings.sasl_mechanism)(**security)
    while not exchange.is_done():
        token = exchange.auth_bytes()
        answer = _answer_to(connection, SASL_AUTHENTICATE, struct.pack(">i", len(token)) + token, server)
        code, size = struct.unpack_from(">hh", answer)
        message = answer[4 : 4 + max(0, size)]
        if code:
            raise refused_login(settings, message.decode("utf-8", "replace") or for_code(code).__name__)
        exchange.receive(answer[4 + len(message) + 4 :])


def _answer_to(connection: socket.socket, request: tuple[int, int], content: bytes, server: str) -> bytes:
    """Return the content of the answer to one request."""
    message = struct.pack(">hhih", *request, 0, NO_CLIENT_ID) + content
    connection.sendall(struct.pack(">i", len(message)) + message)
    head = _read(connection, 4)
    if head[0] == TLS_ALERT and not isinstance(connection, ssl.SSLSocket):
        raise SettingsError(
            f"the broker at {server} speaks TLS",
            f"set {PROTOCOL_SETTING} to SSL or SASL_SSL",
        )
    (size,) = struct.unpack(">i", head)
    return _read(connection, min(max(size, 0), MOST_BYTES))[4:]


def _read(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


def _check_mechanism(answer: bytes, server: str, settings: KafkaSettings) -> None:
    """Raise a SettingsError if the broker does not offer the mechanism of the settings."""
    code, count = struct.unpack_from(">hi", answer)
    if code == NO_LOGIN_HERE:
        raise SettingsError(
            f"the broker at {server} has no login on this port",
            f"set {PROTOCOL_SETTING} to {'SSL' if settings.uses_tls else 'PLAINTEXT'}, or name another port",
        )
    if code == UNSUPPORTED_MECHANISM:
        raise SettingsError(
            f"the broker at {server} does not offer {settings.sasl_mechanism}; it offers "
            f"{', '.join(_texts(answer[6:], count)) or 'nothing'}",
            "correct kafka.sasl_mechanism (ADE_KAFKA__SASL_MECHANISM)",
        )


def _texts(content: bytes, count: int) -> list[str]:
    """Return the first `count` texts, each after its length in two bytes."""
    texts = []
    for _ in range(min(count, 20)):
        (size,) = struct.unpack_from(">h", content)
        texts.append(content[2 : 2 + size].decode("ascii", "replace"))
        content = content[2 + size :]
    return texts
