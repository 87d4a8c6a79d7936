"""Logins of the test's Postgres that are members of the monitor's roles."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from pydantic import SecretStr
from sqlalchemy import make_url

from monitor.settings import Settings

PASSWORD = "of-a-test"


@contextmanager
def login(settings: Settings, *roles: str, options: str = "") -> Iterator[Settings]:
    """Return the settings with a new login, which is a member of `roles`; remove it at the end."""
    name = f"login_{uuid.uuid4().hex[:12]}"
    address = settings.database.url.get_secret_value()
    url = make_url(address).set(username=name, password=PASSWORD).render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}' {options}")
        for role in roles:
            admin.execute(f"GRANT {role} TO {name}")
        try:
            database = settings.database.model_copy(update={"url": SecretStr(url)})
            yield settings.model_copy(update={"database": database})
        finally:
            _wait_for_ended_sessions(admin, name)
            admin.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER")
            admin.execute(f"DROP OWNED BY {name}")
            admin.execute(f"DROP ROLE {name}")


def _wait_for_ended_sessions(admin: psycopg.Connection[Any], name: str) -> None:
    """A session ends after its connection, and drops its temporary tables then: `DROP OWNED` may meet one."""
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
    deadline = time.monotonic() + 10
    while admin.execute(sessions, [name]).fetchone() != (0,) and time.monotonic() < deadline:
        time.sleep(0.01)


def connected(settings: Settings) -> psycopg.Connection[Any]:
    """Return a connection of a login."""
    return psycopg.connect(settings.database.url.get_secret_value(), autocommit=True)


def name_of(settings: Settings) -> str:
    """Return the name of the login."""
    return str(make_url(settings.database.url.get_secret_value()).username)
