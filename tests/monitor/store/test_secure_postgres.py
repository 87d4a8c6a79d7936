"""TLS to a real PostgreSQL: it works, or the error says what to correct.

The PostgreSQL of the wheel has no TLS, so these tests need one from the system; PG_BIN names its folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from monitor.cli.client_programs import psql_address
from monitor.embedded import free_port
from monitor.errors import FatalError, MonitorError
from monitor.settings import DatabaseSettings
from monitor.store.connections import async_engine, migrating_engine, reading_engine
from monitor.store.driver_errors import translate_driver_errors
from tests.certificates import TestAuthority
from tests.processes import wait_for

PASSWORD = "secret of tests"


def postgres_with_tls() -> Path:
    """Return the folder of a PostgreSQL that has TLS, or skip the test."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in [Path(os.environ.get("PG_BIN", "/nowhere")), *debian]:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    pytest.skip("there is no PostgreSQL with TLS: PG_BIN does not name its folder")


@dataclass(frozen=True)
class SecurePostgres:
    """A server that accepts TLS only; the user `cert` needs a certificate, and `ade` a password."""

    port: int
    authority: TestAuthority
    stranger: TestAuthority

    def settings(self, user: str = "ade", host: str = "localhost", **tls: Any) -> DatabaseSettings:
        """Return the settings of a user, without TLS unless `tls` has it."""
        login = f"ade:{PASSWORD}" if user == "ade" else user
        return DatabaseSettings(
            url=SecretStr(f"postgresql://{login}@{host}:{self.port}/postgres?gssencmode=disable"), **tls
        )


@pytest.fixture(scope="module")
def secure_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecurePostgres]:
    """A PostgreSQL with TLS."""
    programs, folder = postgres_with_tls(), tmp_path_factory.mktemp("secure-postgres")
    authority, stranger = TestAuthority(folder / "authority"), TestAuthority(folder / "stranger")
    issued, data, port = authority.issue(), folder / "data", free_port()
    data.mkdir(mode=0o700)
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        as_user = {"user": "nobody", "group": "nogroup"}
        for parent in [folder, *folder.parents[:3]]:
            parent.chmod(0o755)
        shutil.chown(data, "nobody")
    (folder / "password").write_text(PASSWORD)
    initdb = [programs / "initdb", "-D", data, "-U", "ade", "--auth=scram-sha-256", "--no-sync"]
    run = {"check": True, "capture_output": True, "cwd": "/", **as_user}
    subprocess.run([*initdb, f"--pwfile={folder / 'password'}"], **run)
    for name, source in {
        "server.crt": issued.certificate,
        "server.key": issued.key,
        "root.crt": authority.file,
    }.items():
        shutil.copy(source, data / name)
        (data / name).chmod(0o600)
        if as_user:
            shutil.chown(data / name, "nobody")
    (data / "pg_hba.conf").write_text(
        "local all ade trust\nhostssl all cert all cert\nhostssl all all all scram-sha-256\n"
    )
    options = ["-c", "ssl=on", "-c", "ssl_ca_file=root.crt", "-c", "fsync=off", "-c", f"port={port}"]
    command = [programs / "postgres", "-D", data, *options, "-k", data, "-c", "listen_addresses=localhost"]
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **as_user
    )
    local = f"postgresql://ade@/postgres?host={data}&port={port}"
    try:
        wait_for(lambda: _can_be_reached(local), 300)
        with psycopg.connect(local, autocommit=True) as connection:
            connection.execute("CREATE ROLE cert LOGIN")
        yield SecurePostgres(port, authority, stranger)
    finally:
        server.terminate()
        server.wait(60)


def _can_be_reached(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def is_encrypted(settings: DatabaseSettings) -> bool:
    """Return True if a connection is encrypted."""
    question = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    with translate_driver_errors(settings), reading_engine(settings).connect() as connection:
        return bool(connection.scalar(question))


def refusal(settings: DatabaseSettings) -> MonitorError:
    """Return the error of a connection."""
    with pytest.raises(FatalError) as caught:
        is_encrypted(settings)
    assert PASSWORD not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("mode", [None, "require", "verify-ca", "verify-full"])
def test_connections_are_encrypted(mode: str | None, secure_postgres: SecurePostgres) -> None:
    tls = {} if mode == "require" else {"tls_ca": secure_postgres.authority.file}
    assert is_encrypted(secure_postgres.settings(tls_mode=mode, **tls))


async def test_the_worker_and_migrations_are_encrypted_too(secure_postgres: SecurePostgres) -> None:
    settings = secure_postgres.settings(tls_ca=secure_postgres.authority.file)
    question = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    with migrating_engine(settings).connect() as connection:
        assert connection.scalar(question)
    engine = async_engine(settings)
    async with engine.connect() as worker:
        assert await worker.scalar(question)
    await engine.dispose()


def test_a_certificate_is_a_login(secure_postgres: SecurePostgres) -> None:
    ours = secure_postgres.authority.issue(common_name="cert")
    tls = {"tls_ca": secure_postgres.authority.file}
    pair = {"tls_certificate": ours.certificate, "tls_key": ours.key}
    assert is_encrypted(secure_postgres.settings("cert", **tls, **pair))
    assert "database.tls_certificate" in str(refusal(secure_postgres.settings("cert", **tls)))


def test_a_certificate_of_a_stranger_is_refused(secure_postgres: SecurePostgres) -> None:
    error = refusal(secure_postgres.settings(tls_ca=secure_postgres.stranger.file))
    assert "ADE_DATABASE__TLS_CA" in str(error)


def test_the_name_of_the_server_is_checked(secure_postgres: SecurePostgres) -> None:
    other = secure_postgres.settings(tls_ca=secure_postgres.authority.file)
    url = other.url.get_secret_value() + "&hostaddr=127.0.0.1"
    named = other.model_copy(update={"url": SecretStr(url.replace("@localhost", "@other.example.org"))})
    assert "does not match host name" in str(refusal(named))


def test_a_missing_file_is_named(secure_postgres: SecurePostgres, tmp_path: Path) -> None:
    assert str(tmp_path / "ca.pem") in str(refusal(secure_postgres.settings(tls_ca=tmp_path / "ca.pem")))


def test_a_server_that_refuses_open_connections_is_named(secure_postgres: SecurePostgres) -> None:
    assert "pg_hba.conf" in str(refusal(secure_postgres.settings(tls_mode="disable")))


def test_a_server_without_tls_is_named(database_url: str) -> None:
    error = refusal(DatabaseSettings(url=SecretStr(database_url), tls_mode="require"))
    assert "database.tls_mode" in str(error)


def test_psql_gets_the_settings_of_tls(tmp_path: Path) -> None:
    settings = DatabaseSettings(
        url=SecretStr("postgresql://ade:hunter2@db/ade?sslmode=disable"), tls_ca=tmp_path / "ca.pem"
    )
    address, _ = psql_address(settings)
    assert "sslmode=verify-full" in address
    assert "sslrootcert=" in address
    assert "hunter2" not in address
