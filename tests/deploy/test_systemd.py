"""The units for systemd are valid, have few rights, and refer to commands and settings that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from monitor.cli.app import app
from monitor.settings import Settings, load_settings
from monitor.settings.sources import SECRETS_VARIABLE

FOLDER = Path(__file__).parents[2] / "deploy/systemd"
UNITS = ["ade-monitor-connect@.service", "ade-monitor-notify.service", "ade-monitor-worker@.service"]
PROGRAM = "/opt/ade-monitor/bin/ade-monitor"
MOST_EXPOSURE = 20  # of 100, as `systemd-analyze security` counts

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed"
)


def lines_of(name: str) -> list[tuple[str, str]]:
    """Return the settings of a unit, in their order; comments are left out."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [
        (key, value)
        for key, separator, value in (line.partition("=") for line in text.splitlines())
        if separator and not key.startswith("#")
    ]


def values(name: str, key: str) -> list[str]:
    return [value for setting, value in lines_of(name) if setting == key]


def environment(name: str, instance: str) -> dict[str, str]:
    pairs = (value.replace("%i", instance).partition("=") for value in values(name, "Environment"))
    return {key: value for key, _, value in pairs}


def seconds(name: str, key: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(min)?", values(name, key)[0]).groups()  # type: ignore[union-attr]
    return int(number) * (60 if unit else 1)


@pytest.fixture
def unit_folder(tmp_path: Path) -> Path:
    """The units, with a program that exists on this machine."""
    program = Path(sys.executable).with_name("ade-monitor")
    for name in UNITS:
        text = (FOLDER / name).read_text(encoding="utf-8").replace(PROGRAM, str(program))
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_all_units_are_tested() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == UNITS


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_systemd_accepts_the_unit_without_a_warning(name: str, unit_folder: Path) -> None:
    instance = name.replace("@", "@1")
    ended = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"./{instance}"],
        cwd=unit_folder,
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in ended.stderr.splitlines() if "ade-monitor" in line]
    assert (ended.returncode, ours) == (0, [])


@needs_systemd
@pytest.mark.parametrize("name", UNITS)
def test_the_unit_has_few_rights(name: str, unit_folder: Path) -> None:
    ended = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", f"./{name}"],
        cwd=unit_folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-300:] + ended.stderr


@pytest.mark.parametrize("name", UNITS)
def test_the_command_exists(name: str) -> None:
    [words] = (value.split() for value in values(name, "ExecStart"))
    assert words[0] == PROGRAM
    command = get_command(app).commands[words[1]]  # type: ignore[attr-defined]
    if words[2:3] == ["%i"]:
        assert {"bluesky", "mastodon", "x"} <= set(command.commands)
    else:
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(words[2:]) <= options


@pytest.mark.parametrize("name", UNITS)
def test_variables_and_secrets_are_settings(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = "1" if "worker" in name else "bluesky"
    for secret in values(name, "LoadCredential"):
        credential, _, path = secret.partition(":")
        assert Path(path).name == credential
        (tmp_path / credential).write_text(
            "postgresql://a:b@c/d" if "url" in credential else "a key", "utf-8"
        )
    for variable, value in environment(name, instance).items():
        monkeypatch.setenv(variable, str(tmp_path) if variable == SECRETS_VARIABLE else value)
    if (tmp_path / "ade_redis__url").exists():
        (tmp_path / "ade_redis__url").write_text("redis://a:b@c/0", "utf-8")
    monkeypatch.chdir(tmp_path)
    effective = load_settings()
    for secret in values(name, "LoadCredential"):
        setting = secret.partition(":")[0].removeprefix("ade_").replace("__", ".")
        assert "secret file" in effective.origins[setting]


def test_a_worker_ends_by_itself_before_systemd_ends_it() -> None:
    [worker] = [name for name in UNITS if "worker" in name]
    assert seconds(worker, "TimeoutStopSec") > Settings().worker.shutdown_timeout
    assert seconds(worker, "WatchdogSec") >= Settings().worker.stall_timeout


def test_a_worker_that_the_watchdog_ends_leaves_a_note_about_a_fault() -> None:
    [worker] = [name for name in UNITS if "worker" in name]
    assert values(worker, "WatchdogSignal") == ["SIGABRT"]
    assert values(worker, "StateDirectory"), "the note is in this folder"


@pytest.mark.parametrize("name", UNITS)
def test_the_unit_is_restarted_after_each_failure_and_reports_to_systemd(name: str) -> None:
    assert values(name, "Type") == ["notify"]
    assert values(name, "Restart") == ["on-failure"]
    assert values(name, "StartLimitIntervalSec") == ["0"]
    assert values(name, "NotifyAccess") == ["main"]
    assert values(name, "MemoryMax")
