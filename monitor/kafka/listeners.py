"""The first look at a broker: does it listen, and does it accept clients with these settings?

Kafka's clients repeat each failure until their time is over, and then say that they cannot connect. This
check needs one short connection, and its errors say what is wrong.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from typing import Final

import structlog

from monitor.backoff import Backoff
from monitor.errors import FatalError, MonitorError, RetryableError, SettingsError
from monitor.kafka.first_requests import PROTOCOL_SETTING, require_answer
from monitor.kafka.tls import tls_context
from monitor.retrying import BROKER, OutageLog, Retries
from monitor.settings import KafkaSettings

log = structlog.get_logger()

CONNECT_TIMEOUT: Final = 10.0
"""Seconds until a broker that does not answer counts as away."""

LISTEN_TIMEOUT: Final = 3.0
"""Seconds until a host that accepts no connection counts as away."""

LISTEN_PAUSES: Final = Backoff(first=0.25, longest=2.0, jitter=0.5)
"""Pauses between two attempts to reach a broker that is starting."""

OUTAGES: Final = OutageLog(log, "the broker does not answer yet, waiting for it", "the broker answers")


def broker_away_error(settings: KafkaSettings, cause: object) -> MonitorError:
    """Return the error for a broker that does not answer, or that refuses, with what to do about it."""
    if lacks_right(cause):
        return missing_right_error(settings, cause)
    return RetryableError(
        f"no Kafka broker answers at {settings.bootstrap_servers} ({cause})",
        "start it (`ade-monitor up` starts one for commands in its folder), or name another with --bootstrap "
        "or ADE_KAFKA__BOOTSTRAP_SERVERS",
    )


def lacks_right(cause: object) -> bool:
    """Return True for a broker's answer that we do not have a right. Both Kafka clients have such errors."""
    return type(cause).__name__.endswith("AuthorizationFailedError")


def missing_right_error(settings: KafkaSettings, cause: object) -> FatalError:
    """Return the error for a right (ACL) that our user does not have. Waiting does not help.

    Args:
        settings: the brokers, the topic and the group.
        cause: the broker's answer. Its name says whether it is about a topic, the group or the cluster.
    """
    name = type(cause).__name__
    about = f"the group {settings.group_id}" if name.startswith("Group") else "the cluster"
    if name.startswith("Topic"):
        about = f"{settings.topic} or {settings.dead_letter_topic}"
    return FatalError(
        f"the broker at {settings.bootstrap_servers} does not allow {settings.username or 'us'} to use "
        f"{about} ({name})",
        "grant the missing right with kafka-acls (docs/security.md lists the rights that each command needs)",
    )


def servers_of(settings: KafkaSettings) -> list[str]:
    """Return `host:port` of each broker in the settings."""
    return [server.strip() for server in settings.bootstrap_servers.split(",")]


def require_listener(settings: KafkaSettings) -> None:
    """Check that one of the brokers listens, and that it speaks the protocol of the settings.

    Raises:
        RetryableError: none of them accepts a connection within `LISTEN_TIMEOUT`, or answers within
            `CONNECT_TIMEOUT`.
        SettingsError: TLS or the login differs from what the broker offers, a certificate or a password is
            not accepted, or a file of TLS cannot be used.
    """
    context = tls_context(settings) if settings.uses_tls else None
    deadline = time.monotonic() + LISTEN_TIMEOUT
    reasons = []
    refusal: SettingsError | None = None
    for server in servers_of(settings):
        try:
            return _look_at(server, settings, context, deadline)
        except SettingsError as error:
            refusal = refusal or error
        except (OSError, ValueError, OverflowError) as error:
            reasons.append(getattr(error, "strerror", None) or str(error))
    raise refusal or broker_away_error(settings, "; ".join(dict.fromkeys(reasons)))


def await_listener(settings: KafkaSettings) -> None:
    """Wait until one of the brokers listens. Kafka's clients would log each failed attempt.

    Raises:
        MonitorError: see `require_listener`; a RetryableError after `CONNECT_TIMEOUT`.
    """
    retries = Retries(BROKER, LISTEN_PAUSES, OUTAGES)
    retries.repeat_blocking(lambda: require_listener(settings), give_up_after=CONNECT_TIMEOUT)


def _look_at(server: str, settings: KafkaSettings, context: ssl.SSLContext | None, deadline: float) -> None:
    """Connect to one broker, and send it the first requests of a client.

    Raises:
        SettingsError: the broker answers, but not to clients with these settings.
        OSError: it does not answer.
        ValueError: `server` is not `host:port`.
    """
    host, _, port = server.rpartition(":")
    remaining = max(0.1, deadline - time.monotonic())
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection((host.strip("[]"), int(port)), remaining))
        connection.settimeout(CONNECT_TIMEOUT)
        try:
            if context:
                connection = stack.enter_context(
                    context.wrap_socket(connection, server_hostname=host.strip("[]"))
                )
            require_answer(connection, server, settings)
        except ssl.SSLError as error:
            raise _tls_error(error, server, settings) from None
        except (ConnectionError, EOFError):
            raise ConnectionError(_closed(settings)) from None


def _tls_error(error: ssl.SSLError, server: str, settings: KafkaSettings) -> MonitorError | OSError:
    """Return what an error of TLS means. Servers without TLS close the connection, or answer nonsense."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return SettingsError(
            f"the certificate of the broker at {server} is not accepted ({error.verify_message})",
            "if it is the right broker, name the file of its authority in kafka.tls_ca (ADE_KAFKA__TLS_CA), "
            "or correct the certificate",
        )
    reason = (error.reason or "").lower().replace("_", " ")
    if "alert" in reason and "version" not in reason:
        ours = "our certificate" if settings.tls_certificate else "us without a certificate"
        return SettingsError(
            f"the broker at {server} does not accept {ours} ({reason})",
            "set kafka.tls_certificate and kafka.tls_key to a certificate that it trusts",
        )
    if "wrong version" in reason:
        without = "SASL_PLAINTEXT" if settings.uses_sasl else "PLAINTEXT"
        return SettingsError(
            f"the broker at {server} does not speak TLS on this port",
            f"set {PROTOCOL_SETTING} to {without}, or name another port",
        )
    return ConnectionError(_closed(settings) if isinstance(error, ssl.SSLEOFError) else reason or str(error))


def _closed(settings: KafkaSettings) -> str:
    return (
        "it closes the connection: is it starting, or does its port need another kafka.security_protocol "
        f"than {settings.security_protocol}?"
    )
