"""The check that a login can write: it finds what reading does not, and leaves nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from monitor.embedded import Postgres
from monitor.errors import FatalError, RetryableError
from monitor.settings import DatabaseSettings, Settings
from monitor.store import check_writable, upgrade_database, write_check

SMALL_DISK = 130_000_000  # bytes


def test_the_row_is_taken_back(migrated: Settings) -> None:
    check_writable(migrated.database)
    with psycopg.connect(migrated.database.url.get_secret_value()) as connection:
        assert connection.execute("SELECT count(*) FROM progress").fetchone() == (0,)


def test_a_locked_table_is_named_by_its_lock(migrated: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_check, "LOCK_TIMEOUT", 0.2)
    with psycopg.connect(migrated.database.url.get_secret_value()) as other:
        other.execute("LOCK TABLE mentions IN SHARE MODE")
        with pytest.raises(RetryableError, match="lock timeout"):
            check_writable(migrated.database)
        other.rollback()
        check_writable(migrated.database)


def test_a_login_that_may_only_read_is_refused(migrated: Settings) -> None:
    url = migrated.database.url.get_secret_value()
    role = f"reader_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'hush'")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        try:
            parts = psycopg.conninfo.conninfo_to_dict(url)
            reader = f"postgresql://{role}:hush@{parts['host']}:{parts['port']}/{parts['dbname']}"
            with pytest.raises(FatalError, match="permission denied"):
                check_writable(DatabaseSettings(url=SecretStr(reader)))
        finally:
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of its own, which only root can mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or not mount or subprocess.run([mount, *options], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_found_and_writing_works_again_with_space(small_disk: Path) -> None:
    server = Postgres(
        small_disk / "data", start_timeout=120, options={"max_wal_size": "64MB", "fsync": "off"}
    )
    server.start()
    try:
        database = DatabaseSettings(url=SecretStr(server.url))
        upgrade_database(Settings(database=database))
        check_writable(database)
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(65_536)) or pytest.fail("nothing was written")
        with pytest.raises(RetryableError, match="No space left"):
            check_writable(database)
        filler.unlink()
        check_writable(database)
    finally:
        server.stop()
