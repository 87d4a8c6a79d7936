"""The help of every command."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest
from rich.text import Text
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from monitor.cli.app import app


def commands(command: object, path: str = "ade-monitor") -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    """Yield all commands with their paths."""
    assert isinstance(command, TyperCommand | TyperGroup)
    yield path, command
    if isinstance(command, TyperGroup):
        for name, subcommand in command.commands.items():
            yield from commands(subcommand, f"{path} {name}")


COMMANDS = dict(commands(get_command(app)))


@pytest.mark.parametrize("path", COMMANDS)
def test_everything_has_help_without_accidental_markup(path: str) -> None:
    command = COMMANDS[path]
    helps = [command.help, *(getattr(parameter, "help", None) for parameter in command.params)]
    for text in helps:
        assert text, f"something in {path} has no help"
        without_markup = text.replace("[bold]", "").replace("[/]", "")
        assert Text.from_markup(text).plain == without_markup


def test_the_version_is_shown() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"ade-monitor {version('ade-monitor')}\n")


def test_an_option_has_the_same_help_in_every_command() -> None:
    helps: dict[str, set[str]] = {}
    for command in COMMANDS.values():
        for parameter in command.params:
            if parameter.name in ("topic", "bootstrap", "device", "data_dir"):
                helps.setdefault(parameter.name, set()).add(str(getattr(parameter, "help", "")))
    assert {name: len(texts) for name, texts in helps.items()} == {
        "topic": 2,  # the topic of the tweets, and the topic that dead letters came from
        "bootstrap": 1,
        "device": 1,
        "data_dir": 1,
    }
