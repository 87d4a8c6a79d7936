"""`ade-monitor db`, as its users see it."""

from __future__ import annotations

from pydantic import SecretStr

from monitor.embedded import free_port
from monitor.settings import DatabaseSettings, Settings
from monitor.store import required_revision
from tests.monitor.cli.conftest import RunCommand


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
