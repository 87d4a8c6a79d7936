"""Connections to the ADE database: how long anything may take, and under which name we appear."""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import URL, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from monitor.errors import SettingsError
from monitor.settings import DatabaseSettings

CONNECT_TIMEOUT = 10
"""Seconds until a host that does not answer counts as away."""

_PSYCOPG = {"postgresql", "postgresql+psycopg", "postgres"}


def database_url(settings: DatabaseSettings) -> URL:
    """Read `database.url`; `postgres://` and `postgresql://` both mean psycopg 3.

    Raises:
        SettingsError: it is no URL, or one of another database or driver. The URL itself is not repeated.
    """
    try:
        url = make_url(settings.url.get_secret_value())
    except (ArgumentError, ValueError):
        raise SettingsError(
            "database.url (ADE_DATABASE__URL) is not a URL such as postgresql://user@host:5432/database"
        ) from None
    if url.drivername not in _PSYCOPG:
        raise SettingsError(
            f"database.url (ADE_DATABASE__URL) starts with {url.drivername}://: the monitor needs postgresql://"
        )
    if "@" in (url.host or ""):
        raise SettingsError(
            "database.url (ADE_DATABASE__URL) has an @ in its user or password: write it as %40"
        )
    return url.set(drivername="postgresql+psycopg")


def describe_database(settings: DatabaseSettings) -> str:
    """Say which database is meant, for messages: host, port and name, never a password."""
    url = database_url(settings)
    host = url.host or url.query.get("host") or "the local socket"
    return f"{url.database or url.username or 'postgres'} on {host}:{url.port or 5432}"


def async_engine(settings: DatabaseSettings) -> AsyncEngine:
    """Make the pool of a long-running process; nothing is connected yet."""
    return create_async_engine(
        database_url(settings),
        pool_size=settings.pool_size,
        max_overflow=0,
        pool_timeout=settings.statement_timeout,
        # A pooled connection may have died with its server; asking first costs one round trip a batch.
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args=_connect_args("ade-monitor", settings.statement_timeout),
    )


def reading_engine(settings: DatabaseSettings) -> Engine:
    """Make connections for one command that only reads; each is closed when it is given back."""
    return create_engine(
        database_url(settings),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=_connect_args(
            "ade-monitor query", settings.statement_timeout, "-c default_transaction_read_only=on"
        ),
    )


def migrating_engine(settings: DatabaseSettings) -> Engine:
    """Make connections for migrations, which may rewrite tables for as long as that takes."""
    return create_engine(
        database_url(settings),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args=_connect_args("ade-monitor db", None),
    )


def _connect_args(name: str, statement_timeout: float | None, *options: str) -> dict[str, Any]:
    limit = 0 if statement_timeout is None else math.ceil(statement_timeout * 1000)
    return {
        "application_name": name,
        "connect_timeout": CONNECT_TIMEOUT,
        "options": " ".join([f"-c statement_timeout={limit}", "-c timezone=UTC", *options]),
        # A server whose machine is gone sends nothing, not even a reset: notice it within a minute.
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 5,
        "tcp_user_timeout": 60_000,
    }
