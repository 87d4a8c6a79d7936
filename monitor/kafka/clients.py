"""The kafka-python clients of the command line: all are opened in one way, and fail with one message."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import RetryableError
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

CONNECT_TIMEOUT: Final = 10.0
"""Seconds until a broker that does not answer counts as away."""

LISTEN_TIMEOUT: Final = 3.0
"""Seconds until a host that accepts no connection counts as away."""

LISTEN_PAUSE: Final = 0.5
"""Seconds between two attempts to reach a broker that is starting."""


def broker_away_error(settings: KafkaSettings, cause: object) -> RetryableError:
    """Return the error for a broker that does not answer, with what to do about it."""
    return RetryableError(
        f"no Kafka broker answers at {settings.bootstrap_servers} ({cause})",
        "start it (`ade-monitor up` starts one for commands in its folder), or name another with --bootstrap "
        "or ADE_KAFKA__BOOTSTRAP_SERVERS",
    )


def require_listener(settings: KafkaSettings) -> None:
    """Check that one of the brokers accepts a connection; Kafka's clients would keep trying for a while.

    Raises:
        RetryableError: none of them does within `LISTEN_TIMEOUT`.
    """
    deadline = time.monotonic() + LISTEN_TIMEOUT
    reasons = []
    for server in servers_of(settings):
        host, _, port = server.rpartition(":")
        try:
            remaining = max(0.1, deadline - time.monotonic())
            socket.create_connection((host.strip("[]"), int(port)), remaining).close()
        except (OSError, ValueError, OverflowError) as error:
            reasons.append(getattr(error, "strerror", None) or str(error))
        else:
            return
    raise broker_away_error(settings, "; ".join(dict.fromkeys(reasons)))


def await_listener(settings: KafkaSettings) -> None:
    """Wait until one of the brokers accepts a connection. Kafka's clients would log each failed attempt.

    Raises:
        RetryableError: none of them does within `CONNECT_TIMEOUT`.
    """
    deadline = time.monotonic() + CONNECT_TIMEOUT
    while True:
        try:
            return require_listener(settings)
        except RetryableError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(LISTEN_PAUSE)


def servers_of(settings: KafkaSettings) -> list[str]:
    """Return `host:port` of each broker in the settings."""
    return [server.strip() for server in settings.bootstrap_servers.split(",")]


@contextlib.contextmanager
def open_admin(settings: KafkaSettings, *, patient: bool = False) -> Iterator[KafkaAdminClient]:
    """Open an admin client, and close it at the end.

    Args:
        settings: which broker.
        patient: also wait for a broker that does not listen yet, because it is starting.

    Raises:
        RetryableError: no broker answers within `CONNECT_TIMEOUT`.
    """
    from kafka import KafkaAdminClient

    client = _open(KafkaAdminClient, settings, patient=patient, request_timeout_ms=10_000)
    with closing_quietly(client) as admin:
        yield admin


@contextlib.contextmanager
def open_consumer(settings: KafkaSettings, **options: Any) -> Iterator[KafkaConsumer]:
    """Open a consumer that reads raw bytes and joins no group by itself, and close it at the end.

    Raises:
        RetryableError: no broker answers within `CONNECT_TIMEOUT`.
    """
    from kafka import KafkaConsumer

    fixed: dict[str, Any] = {
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "allow_auto_create_topics": False,
    }
    with closing_quietly(_open(KafkaConsumer, settings, **fixed, **options)) as consumer:
        yield consumer


def open_producer(settings: KafkaSettings, **options: Any) -> KafkaProducer:
    """Open an idempotent producer; a message counts as sent once all replicas have it.

    Raises:
        RetryableError: no broker answers within `CONNECT_TIMEOUT`.
    """
    from kafka import KafkaProducer

    fixed: dict[str, Any] = {"enable_idempotence": True, "acks": "all", "allow_auto_create_topics": False}
    return _open(KafkaProducer, settings, **fixed, **options)


@contextlib.contextmanager
def closing_quietly(client: Any) -> Iterator[Any]:
    """Close `client` at the end, and ignore it if the broker went away in the meantime."""
    from kafka.errors import KafkaError

    try:
        yield client
    finally:
        with contextlib.suppress(KafkaError):
            client.close()


def _open(client_class: Any, settings: KafkaSettings, *, patient: bool = False, **options: Any) -> Any:
    from kafka.errors import KafkaConfigurationError, KafkaError

    (await_listener if patient else require_listener)(settings)
    try:
        return client_class(
            bootstrap_servers=servers_of(settings),
            bootstrap_timeout_ms=int(CONNECT_TIMEOUT * 1000),
            **options,
        )
    except KafkaConfigurationError:
        raise
    except (KafkaError, OSError) as error:
        raise broker_away_error(settings, error) from None
