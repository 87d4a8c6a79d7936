"""Which pg_dump and pg_restore are used for a server. Programs that print a version stand for real ones."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from monitor.cli import dump_programs
from monitor.cli.dump_programs import BackupError, programs_for
from monitor.embedded import free_port
from monitor.errors import EmbeddedError
from monitor.settings import DatabaseSettings, Settings
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.cli.keyrings import Keyring
from tests.processes import wait_for


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what makes a machine that has these versions, and a server of another one."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(dump_programs, "_DEBIAN", tmp_path)

    def write(folder: Path, version: int) -> Path:
        (folder / "bin").mkdir(parents=True)
        program = folder / "bin" / "pg_dump"
        program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}.1 (Debian)'\n")
        program.chmod(0o755)
        return program

    def build(server: int, *versions: int, embedded: int | None = None) -> None:
        for version in versions:
            write(tmp_path / str(version), version)
        wheel = write(tmp_path / "wheel" / "files", embedded) if embedded else None

        def find(name: str) -> Path:
            if wheel is None:
                raise EmbeddedError("there is no wheel")
            return wheel

        monkeypatch.setattr(dump_programs, "find_program", find)
        monkeypatch.setattr(dump_programs, "_server_version", lambda database: server)

    return build


def database(**options: Any) -> DatabaseSettings:
    return DatabaseSettings(url=SecretStr("postgresql://localhost/ade"), **options)


@pytest.mark.parametrize(
    ("server", "installed", "chosen"),
    [(16, (15, 16, 17, 18), 16), (17, (16, 17, 18), 17), (18, (17, 19), 19), (15, (16, 17), 16)],
)
def test_the_version_of_the_server_is_preferred(
    install: Any, server: int, installed: tuple[int, ...], chosen: int
) -> None:
    install(server, *installed)
    assert programs_for("pg_dump", database())[0].version == chosen


@pytest.mark.parametrize(("server", "installed"), [(16, (17, 18)), (15, (14, 18)), (18, (17,)), (18, ())])
def test_without_a_program_that_can_restore_it_no_backup_is_made(
    install: Any, server: int, installed: tuple[int, ...]
) -> None:
    install(server, *installed)
    with pytest.raises(BackupError, match=f"postgresql-client-{server}"):
        programs_for("pg_dump", database())


def test_the_embedded_program_is_not_used_for_a_database_that_requires_tls(install: Any) -> None:
    install(18, 19, embedded=18)
    assert programs_for("pg_dump", database())[0].version == 18
    assert programs_for("pg_dump", database(tls_mode="verify-full"))[0].version == 19


@pytest.fixture
def older_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DatabaseSettings]:
    """A PostgreSQL of the system that is older than 17."""
    folders = sorted(Path("/usr/lib/postgresql").glob("1[3-6]/bin"), reverse=True)
    programs = next((folder for folder in folders if (folder / "initdb").exists()), None)
    if programs is None:
        pytest.skip("there is no PostgreSQL that is older than 17")
    folder, port = tmp_path_factory.mktemp("older-postgres"), free_port()
    data = folder / "data"
    data.mkdir(mode=0o700)
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        as_user = {"user": "nobody", "group": "nogroup"}
        for parent in [folder, *folder.parents[:3]]:
            parent.chmod(0o755)
        shutil.chown(data, "nobody")
    initdb = [programs / "initdb", "-D", data, "-U", "ade", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, cwd="/", **as_user)
    command = [programs / "postgres", "-D", data, "-p", str(port), "-k", "", "-c", "fsync=off"]
    server = subprocess.Popen(
        command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user
    )
    url = f"postgresql://ade@127.0.0.1:{port}/postgres"

    def answers() -> bool:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    try:
        wait_for(answers)
        yield DatabaseSettings(url=SecretStr(url))
    finally:
        server.terminate()
        server.wait(60)


@pytest.mark.skipif(not shutil.which("gpg"), reason="gpg is not installed")
def test_a_backup_of_an_older_server_can_be_restored_there(
    run: RunCommand,
    settings: Settings,
    older_server: DatabaseSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keyring, older = Keyring(), settings.model_copy(update={"database": older_server})
    monkeypatch.setenv("GNUPGHOME", str(keyring.home))
    file = tmp_path / "older.dump.gpg"
    assert run(older, "db", "upgrade").status == 0
    made = run(older, "db", "backup", str(file), "--recipient", str(keyring.public))
    assert made.status == 0, made.err
    with psycopg.connect(older_server.url.get_secret_value(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE other")
    url = older_server.url.get_secret_value().replace("/postgres", "/other")
    other = older.model_copy(update={"database": DatabaseSettings(url=SecretStr(url))})
    restored = run(other, "db", "restore", str(file))
    assert restored.status == 0, restored.err
    assert run(other, "db", "check").status == 0
    keyring.close()
