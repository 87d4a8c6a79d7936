"""`ade-monitor redis`, as its users see it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.settings import Settings
from tests.monitor.cli.conftest import RunCommand
from tests.processes import ade_monitor

FAKE_CLIENT = """#!/bin/sh
echo "$REDISCLI_AUTH" "$@"
"""


@pytest.fixture
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in place of those with the programs of the machine."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_the_url_has_its_password_only_if_requested(run: RunCommand, settings: Settings) -> None:
    url = settings.redis.url.get_secret_value()
    masked = run(settings, "redis", "url").out.strip()
    assert masked.startswith("redis://:***@")
    assert run(settings, "redis", "url", "--show-password").out.strip() == url


def test_one_command_gets_its_reply_or_fails(run: RunCommand, settings: Settings, no_programs: Path) -> None:
    added = run(settings, "redis", "shell", "XADD", "ade:alerts", "1-1", "alert", "-1")
    assert (added.out, added.status) == ("1-1\n", 0)
    assert run(settings, "redis", "shell", "XLEN", "ade:alerts").out == "1\n"
    refused = run(settings, "redis", "shell", "NOSUCH")
    assert refused.status == 1
    assert "NOSUCH" in refused.err


def test_commands_can_be_piped(settings: Settings, no_programs: Path) -> None:
    ended = ade_monitor(settings, "redis", "shell", stdin=b"SET key 1\nGET key\n")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("OK\n1\n", "", 0)


def test_a_client_program_gets_address_password_and_arguments(settings: Settings, no_programs: Path) -> None:
    program = no_programs / "valkey-cli"
    program.write_text(FAKE_CLIENT)
    program.chmod(0o755)
    ended = ade_monitor(settings, "redis", "shell", "--raw", "XLEN", "ade:alerts")
    password, *arguments = ended.stdout.split()
    url = settings.redis.url.get_secret_value()
    assert f":{password}@" in url
    assert arguments[:2] == ["-h", "127.0.0.1"]
    assert arguments[-3:] == ["--raw", "XLEN", "ade:alerts"]
    assert password not in arguments
