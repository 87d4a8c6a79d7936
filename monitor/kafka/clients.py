"""The kafka-python clients of the command line: all are opened and logged in here, in one way."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from monitor.kafka.listeners import (
    CONNECT_TIMEOUT,
    await_listener,
    broker_away_error,
    require_listener,
    servers_of,
)
from monitor.kafka.security import client_security
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer


@contextlib.contextmanager
def open_admin(settings: KafkaSettings, *, patient: bool = False) -> Iterator[KafkaAdminClient]:
    """Open an admin client, and close it at the end.

    Args:
        settings: which broker.
        patient: also wait for a broker that does not listen yet, because it is starting.

    Raises:
        RetryableError: no broker answers within `CONNECT_TIMEOUT`.
        SettingsError: the broker refuses the login, or needs another kind of connection.
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
        SettingsError: the broker refuses the login, or needs another kind of connection.
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
        SettingsError: the broker refuses the login, or needs another kind of connection.
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
            **client_security(settings),
            **options,
        )
    except KafkaConfigurationError:
        raise
    except (KafkaError, OSError) as error:
        raise broker_away_error(settings, error) from None
