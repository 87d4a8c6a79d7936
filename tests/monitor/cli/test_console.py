"""What commands write: in any character set, on any width, with nothing cut."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from monitor.cli import console
from monitor.settings import Settings

NAMES = [
    f"{section}.{name}"
    for section, values in Settings().model_dump().items()
    for name in values
]  # fmt: skip


def settings(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADE_")}
    return subprocess.run(
        [sys.executable, "-m", "monitor.cli", "settings", *arguments],
        env={**kept, **variables},
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_a_pipe_gets_utf8_whatever_the_locale(tmp_path: Path, arguments: list[str]) -> None:
    done = settings(tmp_path, *arguments, PYTHONIOENCODING="ascii", ADE_KAFKA__GROUP_ID="fièvre 🤒")
    assert done.returncode == 0, done.stderr.decode()
    assert "fièvre 🤒" in done.stdout.decode()


def test_a_message_comes_through_whatever_the_locale(tmp_path: Path) -> None:
    done = settings(tmp_path, PYTHONIOENCODING="latin-1", ADE_MODEL__DEVICE="🤒")
    assert done.returncode == 1
    assert "model.device '🤒'" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_in_a_pipe_each_setting_is_one_whole_line(tmp_path: Path) -> None:
    lines = settings(tmp_path, COLUMNS="40").stdout.decode().splitlines()[1:]
    assert [line.split()[0] for line in lines] == NAMES


def test_on_a_narrow_terminal_cells_are_folded_and_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(
        console, "out", Console(file=screen, force_terminal=True, width=20, color_system=None)
    )
    table = Table("setting", "value", box=None)
    table.add_row("kafka.bootstrap_servers", json.dumps("x" * 50))
    console.print_table(table)
    shown = screen.getvalue()
    assert all(len(line) <= 20 for line in shown.splitlines())
    assert shown.count("x") == 50
    assert "…" not in shown
