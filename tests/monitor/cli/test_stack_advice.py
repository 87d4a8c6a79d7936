"""If nothing answers at a default address, errors name the stopped stack of the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.cli.stack_advice import DEFAULT_ADDRESSES, explain_stopped_stack
from monitor.embedded.folder import FolderLock
from monitor.errors import RetryableError
from monitor.settings import LoadedSettings, Settings, load_settings, masked_url
from tests.monitor.cli.conftest import RunCommand

AWAY = RetryableError("no Kafka broker answers at localhost:9092 (refused)", "start it")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory in which a stack once ran."""
    monkeypatch.chdir(tmp_path)
    lock = FolderLock(tmp_path / "ade-data")
    lock.acquire()
    lock.release()
    return tmp_path


def test_the_stopped_stack_is_named_with_the_command_that_starts_it(folder: Path) -> None:
    explained = explain_stopped_stack(AWAY, load_settings())
    assert isinstance(explained, RetryableError)
    assert str(folder / "ade-data") in explained.fact
    assert AWAY.fact in explained.fact
    assert "`ade-monitor up`" in explained.advice


def test_the_stack_is_not_named_for_an_address_of_the_user(folder: Path) -> None:
    origins = {"kafka.bootstrap_servers": "environment"}
    assert explain_stopped_stack(AWAY, LoadedSettings(Settings(), origins)) is None
    other = RetryableError("no Kafka broker answers at kafka.example:9092", "start it")
    assert explain_stopped_stack(other, load_settings()) is None


def test_without_a_stack_in_the_folder_an_error_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert explain_stopped_stack(AWAY, load_settings()) is None


def test_a_stack_that_is_starting_is_named_with_its_process(folder: Path) -> None:
    lock = FolderLock(folder / "ade-data")
    lock.acquire()
    explained = explain_stopped_stack(AWAY, load_settings())
    lock.release()
    assert explained
    assert "starting" in explained.fact


def test_the_default_addresses_are_those_of_the_settings() -> None:
    settings = Settings()
    defaults = {
        "kafka.bootstrap_servers": settings.kafka.bootstrap_servers,
        "database.url": masked_url(settings.database.url.get_secret_value()),
        "redis.url": masked_url(settings.redis.url.get_secret_value()),
    }
    assert all(address in defaults[name] for name, address in DEFAULT_ADDRESSES.items())


def test_a_command_at_another_address_reports_only_that(run: RunCommand, folder: Path) -> None:
    ended = run(None, "topics", "show", "--bootstrap", "127.0.0.1:1")
    assert ended.status == 1
    assert "127.0.0.1:1" in ended.err
    assert "ade-data" not in ended.err


@pytest.mark.parametrize("command", [("db", "url"), ("redis", "url")])
def test_commands_that_do_not_connect_note_the_stopped_stack(
    run: RunCommand, folder: Path, command: tuple[str, ...]
) -> None:
    ended = run(None, *command)
    assert f"{folder / 'ade-data'} is not running" in ended.err


def test_an_address_of_the_user_is_not_explained(
    run: RunCommand, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADE_DATABASE__URL", "postgresql://ade@127.0.0.1:1/ade")
    ended = run(None, "db", "url")
    assert (ended.status, ended.err) == (0, "")


def test_a_worker_does_not_wait_for_the_broker_of_a_stopped_stack(
    run: RunCommand, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:  # something may listen at the default address
        raise AWAY

    monkeypatch.setattr("monitor.kafka.require_listener", refuse)
    monkeypatch.setattr("monitor.stream.worker.run_worker", lambda settings: pytest.fail("it waits"))
    ended = run(None, "worker")
    assert ended.status == 1
    assert f"{folder / 'ade-data'} is not running" in ended.err
