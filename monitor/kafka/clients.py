"""The kafka-python clients of the command line: all are opened in one way, and fail with one message."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from monitor.errors import RetryableError
from monitor.settings import KafkaSettings

if TYPE_CHECKING:
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer

CONNECT_TIMEOUT: Final = 10.0
"""Seconds until a broker that does not answer counts as away."""


def broker_away_error(settings: KafkaSettings, cause: object) -> RetryableError:
    """Return the error for a broker that does not answer, with what to do about it."""
    return RetryableError(
        f"no Kafka broker answers at {settings.bootstrap_servers} ({cause})",
        "start it (`ade-monitor up` starts one for commands in its folder), or name another with --bootstrap "
        "or ADE_KAFKA__BOOTSTRAP_SERVERS",
    )


@contextlib.contextmanager
def open_admin(settings: KafkaSettings) -> Iterator[KafkaAdminClient]:
    """Open an admin client, and close it at the end.

    Raises:
        RetryableError: no broker answers within `CONNECT_TIMEOUT`.
    """
    from kafka import KafkaAdminClient

    with closing_quietly(_open(KafkaAdminClient, settings, request_timeout_ms=10_000)) as admin:
        yield admin


@contextlib.contextmanager
def open_consumer(settings: KafkaSettings, **options: Any) -> Iterator[KafkaConsumer]:
    """Open a consumer that reads raw bytes and joins no group by itself, and close it at the end.

    Raises:
        RetryableError: no broker answers within `CONNECT_TIMEOUT`.
    """
    from kafka import KafkaConsumer

    fixed = {"enable_auto_commit": False, "auto_offset_reset": "earliest", "allow_auto_create_topics": False}
    with closing_quietly(_open(KafkaConsumer, settings, **fixed, **options)) as consumer:
        yield consumer


def open_producer(settings: KafkaSettings, **options: Any) -> KafkaProducer:
    """Open an idempotent producer; a message counts as sent once all replicas have it.

    Raises:
        RetryableError: no broker answers within `CONNECT_TIMEOUT`.
    """
    from kafka import KafkaProducer

    fixed = {"enable_idempotence": True, "acks": "all", "allow_auto_create_topics": False}
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


def _open(client_class: Any, settings: KafkaSettings, **options: Any) -> Any:
    from kafka.errors import KafkaConfigurationError, KafkaError

    try:
        return client_class(
            bootstrap_servers=[server.strip() for server in settings.bootstrap_servers.split(",")],
            bootstrap_timeout_ms=int(CONNECT_TIMEOUT * 1000),
            **options,
        )
    except KafkaConfigurationError:
        raise
    except (KafkaError, OSError) as error:
        raise broker_away_error(settings, error) from None
