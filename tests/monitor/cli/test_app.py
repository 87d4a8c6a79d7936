"""What `--help` says of every command."""

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
    assert isinstance(command, TyperCommand | TyperGroup)
    yield path, command
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from commands(below, f"{path} {name}")


ALL = dict(commands(get_command(app)))


@pytest.mark.parametrize("path", ALL)
def test_everything_is_explained_and_no_word_is_taken_for_markup(path: str) -> None:
    command = ALL[path]
    helps = [command.help, *(getattr(parameter, "help", None) for parameter in command.params)]
    for text in helps:
        assert text, f"something in {path} has no help"
        meant = text.replace("[bold]", "").replace("[/]", "")
        assert Text.from_markup(text).plain == meant


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"ade-monitor {version('ade-monitor')}\n")


def test_one_thing_has_one_option_with_one_explanation() -> None:
    explained: dict[str, set[str]] = {}
    for command in ALL.values():
        for parameter in command.params:
            if parameter.name in ("topic", "bootstrap", "device", "data_dir"):
                explained.setdefault(parameter.name, set()).add(str(getattr(parameter, "help", "")))
    assert {name: len(texts) for name, texts in explained.items()} == {
        "topic": 2,  # that of the tweets, and that which dead letters came from
        "bootstrap": 1,
        "device": 1,
        "data_dir": 1,
    }
