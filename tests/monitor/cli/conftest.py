"""`ade-monitor` in the process of the tests, and a database for it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import typer.main

from monitor.cli import main
from monitor.embedded import environment_of
from monitor.settings import Settings


@dataclass(frozen=True)
class EndedCommand:
    """The exit status and the output of a command."""

    status: int
    out: str
    err: str


RunCommand = Callable[..., EndedCommand]


_command_of = functools.cache(typer.main.get_command)
"""Typer makes all commands again in each call, which takes longer than most of them run."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Runs `ade-monitor` from its entry point, in this process, which is a second faster than in another."""

    monkeypatch.setattr(typer.main, "get_command", _command_of)

    def run(settings: Settings | None, *arguments: str) -> EndedCommand:
        for name, value in (environment_of(settings) if settings else {}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("COLUMNS", "120")
        monkeypatch.setattr(sys, "argv", ["ade-monitor", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return EndedCommand(int(ended.value.code or 0), *capsys.readouterr())

    return run
