"""Connections to the ADE database: their URL, their time limits, and the names that the server sees."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from monitor.errors import SettingsError
from monitor.settings import DatabaseSettings
from monitor.store.bounded_connections import async_connector, bound_silence, leave_read_only_sessions

CONNECT_TIMEOUT = 10
"""Seconds until a host that does not answer counts as away."""

IDLE = 30
"""Seconds that the relay may wait for Redis while its transaction is open, and more than it ever does."""

_PLANNER = ("-c enable_partitionwise_join=on",)
"""Tables with months are joined month by month, so that a range of times holds for all of them."""

_SETTING = "database.url (ADE_DATABASE__URL)"
_PSYCOPG = {"postgresql", "postgresql+psycopg", "postgres"}


def database_url(settings: DatabaseSettings) -> URL:
    """Return `database.url` with the settings of TLS; `postgres://` and `postgresql://` both mean psycopg 3.

    Raises:
        SettingsError: it is not a URL, or it is one of another database or driver. The message does not
            repeat the URL, which may have a password.
    """
    try:
        url = make_url(settings.url.get_secret_value())
    except (ArgumentError, ValueError):
        raise SettingsError(
            f"{_SETTING} is not a URL", "write it like postgresql://user@host:5432/database"
        ) from None
    if url.drivername not in _PSYCOPG:
        raise SettingsError(f"{_SETTING} starts with {url.drivername}://", "the monitor needs postgresql://")
    if "@" in (url.host or ""):
        raise SettingsError(f"{_SETTING} has an @ in its user or password", "write it as %40")
    return url.set(drivername="postgresql+psycopg").update_query_dict(_tls_options(settings))


def _tls_options(settings: DatabaseSettings) -> dict[str, str]:
    """Return the options of libpq for TLS; they replace those of the URL."""
    files = {
        "sslrootcert": settings.tls_ca,
        "sslcert": settings.tls_certificate,
        "sslkey": settings.tls_key,
    }
    options = {name: str(path) for name, path in files.items() if path}
    mode = settings.tls_mode or ("verify-full" if settings.tls_ca else None)
    return {**options, "sslmode": mode} if mode else options


def describe_database(settings: DatabaseSettings) -> str:
    """Return name, host and port of the database for messages, without the password."""
    url = database_url(settings)
    host = url.host or url.query.get("host") or "the local socket"
    return f"{url.database or url.username or 'postgres'} on {host}:{url.port or 5432}"


def async_engine(settings: DatabaseSettings, *, pooled: bool = True) -> AsyncEngine:
    """Return the connections of a long-running process. Nothing is connected yet.

    Args:
        settings: the database.
        pooled: keep at most `pool_size` connections open. Otherwise each is opened and closed for its use:
            work that holds one for minutes would take it away from the batches.
    """
    limit = settings.statement_timeout
    arguments = _connect_args("ade-monitor", limit, *_freed_by_the_server(limit))
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pooled:
        # A pooled connection may have died with its server. Checking it costs one round trip per batch.
        pool = {"pool_size": settings.pool_size, "max_overflow": 0, "pool_timeout": limit}
        pool["pool_pre_ping"] = True
    engine = create_async_engine(
        database_url(settings),
        **pool,
        hide_parameters=True,
        connect_args={**arguments, "async_creator_fn": async_connector(limit)},
    )
    leave_read_only_sessions(engine.sync_engine)
    return engine


def reading_engine(settings: DatabaseSettings) -> Engine:
    """Return connections for one command that only reads. Each is closed after its use."""
    engine = create_engine(
        database_url(settings),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=_connect_args(
            "ade-monitor query", settings.statement_timeout, "-c default_transaction_read_only=on"
        ),
    )
    bound_silence(engine, settings.statement_timeout)
    return engine


def migrating_engine(settings: DatabaseSettings) -> Engine:
    """Return connections for migrations, which may rewrite tables for as long as that takes."""
    return create_engine(
        database_url(settings),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=_connect_args("ade-monitor db", None),
    )


def checking_engine(settings: DatabaseSettings, statement_timeout: float) -> Engine:
    """Return connections for a check, or for one small change. Each is closed after its use."""
    engine = create_engine(
        database_url(settings),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=_connect_args("ade-monitor db", statement_timeout),
    )
    bound_silence(engine, statement_timeout)
    return engine


def _freed_by_the_server(statement_timeout: float) -> list[str]:
    """Return the options by which the server ends our session if we are gone without a word.

    Its locks would stop the same batch on a new connection.
    """
    return [
        f"-c idle_in_transaction_session_timeout={math.ceil((statement_timeout + IDLE) * 1000)}",
        "-c tcp_keepalives_idle=30",
        "-c tcp_keepalives_interval=5",
        "-c tcp_keepalives_count=5",
    ]


def _connect_args(name: str, statement_timeout: float | None, *options: str) -> dict[str, Any]:
    limit_ms = 0 if statement_timeout is None else math.ceil(statement_timeout * 1000)
    return {
        "application_name": name,
        "connect_timeout": CONNECT_TIMEOUT,
        "options": " ".join([f"-c statement_timeout={limit_ms}", *_PLANNER, "-c timezone=UTC", *options]),
        # A server whose machine is gone sends nothing, not even a reset: notice it within a minute.
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 5,
        "tcp_user_timeout": 60_000,
    }
