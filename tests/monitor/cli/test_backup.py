"""`ade-monitor db backup` and `db restore` with a real PostgreSQL and gpg."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from monitor.cli.backup import ENCRYPT
from monitor.settings import Settings
from monitor.store import Store, read_roles
from monitor.store.revisions import downgrade_database
from monitor.store.roles import WRITER
from monitor.store.tables import metadata
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.cli.keyrings import Keyring
from tests.monitor.store.batches import TEXT, Tables, alert, negative_tweet, positive_tweet, write
from tests.monitor.store.events import apply, post_event
from tests.monitor.store.logins import login

pytestmark = pytest.mark.skipif(not shutil.which("gpg"), reason="gpg is not installed")


@pytest.fixture(scope="module")
def keyring() -> Iterator[Keyring]:
    """The keys of the backups."""
    keyring = Keyring()
    yield keyring
    keyring.close()


@pytest.fixture(scope="module")
def stranger() -> Iterator[Keyring]:
    """Keys of somebody else."""
    keyring = Keyring()
    yield keyring
    keyring.close()


@pytest.fixture
def empty(migrated: Settings) -> Iterator[Settings]:
    """Settings of an empty database next to that of the test."""
    name = f"restored_{uuid.uuid4().hex[:12]}"
    address = migrated.database.url.get_secret_value()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        url = make_url(address).set(database=name).render_as_string(hide_password=False)
        database = migrated.database.model_copy(update={"url": SecretStr(url)})
        yield migrated.model_copy(update={"database": database})
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def everything(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables."""
    tables = Tables(settings)
    with tables.connection:
        return {
            name: sorted(tables.rows(f"SELECT t::text FROM {name} AS t"))
            for name in [*metadata.tables, "alembic_version", "ade_report"]
        }


@pytest.fixture
def filled(migrated: Settings) -> Settings:
    """A database with posts, alerts and a deletion."""

    async def fill() -> None:
        store = Store(migrated)
        tweets = [positive_tweet(str(number), aliases=(f"{number}x",)) for number in range(300)]
        await write(store, [*tweets, negative_tweet("n")], alerts=[alert("a", "1"), alert("b", "2")])
        await apply(store, post_event("delete", "2"))
        await store.close()

    asyncio.run(fill())
    return migrated


@pytest.fixture
def backup(
    run: RunCommand, filled: Settings, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A backup of the database, made without any private key."""
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "no-keys"))
    (tmp_path / "no-keys").mkdir(mode=0o700)
    file = tmp_path / "ade.dump.gpg"
    ended = run(filled, "db", "backup", str(file), "--recipient", str(keyring.public))
    assert ended.status == 0, ended.err
    monkeypatch.setenv("GNUPGHOME", str(keyring.home))
    return file


def test_a_restored_database_has_the_same_rows_and_rights(
    run: RunCommand, filled: Settings, empty: Settings, backup: Path
) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    assert TEXT.encode() not in backup.read_bytes()
    ended = run(empty, "db", "restore", str(backup))
    assert ended.status == 0, ended.err
    assert "topics rewind --to database" in ended.err
    assert everything(empty) == everything(filled)
    assert run(empty, "db", "check").status == 0
    assert run(empty, "db", "roles").status == 0
    asyncio.run(_write_more(empty))


def test_a_backup_of_an_older_revision_is_restored_and_then_upgraded(
    run: RunCommand,
    filled: Settings,
    empty: Settings,
    keyring: Keyring,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    downgrade_database(filled, "0004")
    file = tmp_path / "older.dump.gpg"
    assert run(filled, "db", "backup", str(file), "--recipient", str(keyring.public)).status == 0
    monkeypatch.setenv("GNUPGHOME", str(keyring.home))
    ended = run(empty, "db", "restore", str(file))
    assert ended.status == 0, ended.err
    assert "db upgrade" in ended.err
    assert "0004" in run(empty, "db", "revision").out
    assert run(empty, "db", "upgrade").status == 0
    assert read_roles(empty.database).complete
    with login(empty, WRITER) as worker:
        asyncio.run(_write_more(worker))


async def _write_more(settings: Settings) -> None:
    store = Store(settings)
    assert (await write(store, [positive_tweet("0")])).new_predictions == 0
    assert (await write(store, [positive_tweet("another")])).new_mentions == 1
    await store.close()


def test_another_key_is_refused_and_nothing_is_restored(
    run: RunCommand, empty: Settings, backup: Path, stranger: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GNUPGHOME", str(stranger.home))
    for command in (["restore", str(backup)], ["restore", str(backup), "--check"]):
        ended = run(empty, "db", *command)
        assert ended.status == 1
        assert "cannot be decrypted" in ended.err
        assert "private key" in ended.err
    assert "none" in run(empty, "db", "revision").out


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.9, 0.999], ids=str)
def test_a_file_that_is_cut_off_is_noticed_before_anything_is_restored(
    run: RunCommand, empty: Settings, backup: Path, kept: float
) -> None:
    content = backup.read_bytes()
    cut = min(int(len(content) * kept), len(content) - 1)
    backup.write_bytes(content[:cut])
    ended = run(empty, "db", "restore", str(backup))
    assert ended.status == 1
    assert "cannot be decrypted" in ended.err
    assert "none" in run(empty, "db", "revision").out


def test_a_changed_byte_is_noticed(run: RunCommand, empty: Settings, backup: Path) -> None:
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    backup.write_bytes(content)
    assert run(empty, "db", "restore", str(backup)).status == 1
    assert run(empty, "db", "restore", "--check", str(backup)).status == 1
    assert "none" in run(empty, "db", "revision").out


def test_a_file_that_is_whole_passes_the_check(run: RunCommand, empty: Settings, backup: Path) -> None:
    assert run(empty, "db", "restore", "--check", str(backup)).status == 0


def test_a_database_with_tables_is_not_overwritten(run: RunCommand, filled: Settings, backup: Path) -> None:
    before = everything(filled)
    ended = run(filled, "db", "restore", str(backup))
    assert ended.status == 1
    assert "has tables already" in ended.err
    assert everything(filled) == before


def test_a_backup_that_fails_keeps_the_one_before(
    run: RunCommand, filled: Settings, backup: Path, tmp_path: Path
) -> None:
    before = backup.read_bytes()
    broken = tmp_path / "broken.asc"
    broken.write_text("this is not a key")
    for key in (broken, tmp_path / "missing.asc"):
        ended = run(filled, "db", "backup", str(backup), "--recipient", str(key))
        assert ended.status == 1
        assert "Traceback" not in ended.err
    assert backup.read_bytes() == before
    assert not backup.with_name(f"{backup.name}.unfinished").exists()


def test_missing_programs_are_named(
    run: RunCommand, filled: Settings, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = run(filled, "db", "backup", str(tmp_path / "x"), "--recipient", str(keyring.public))
    assert ended.status == 1
    assert "gpg" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_is_not_backed_up(
    run: RunCommand, empty: Settings, keyring: Keyring, tmp_path: Path
) -> None:
    ended = run(empty, "db", "backup", str(tmp_path / "x"), "--recipient", str(keyring.public))
    assert ended.status == 1
    assert "no tables" in ended.err


def test_a_file_that_pg_restore_cannot_read_does_not_pass_the_check(
    run: RunCommand, empty: Settings, backup: Path, keyring: Keyring
) -> None:
    encrypt = ["gpg", *ENCRYPT, f"--recipient-file={keyring.public}", "--encrypt"]
    backup.write_bytes(subprocess.run(encrypt, input=b"notes", capture_output=True, check=True).stdout)
    for command in (["restore", str(backup)], ["restore", str(backup), "--check"]):
        ended = run(empty, "db", *command)
        assert ended.status == 1
        assert "not restored (pg_restore" in ended.err
    assert "none" in run(empty, "db", "revision").out
