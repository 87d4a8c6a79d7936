"""Options that several commands have are the same in each."""

from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from training.cli.app import app

RUN = CliRunner()


def _with(option: str, group: TyperGroup, *path: str) -> Iterator[tuple[str, ...]]:
    """Give the commands that have the option, each with the names that lead to it."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _with(option, command, *path, name)
        elif any(option in parameter.opts for parameter in command.params):
            yield (*path, name)


def commands(option: str) -> list[str]:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return [" ".join(path) for path in _with(option, group)]


@pytest.mark.parametrize("command", commands("--threads"))
def test_no_thread_at_all_is_a_mistake_in_the_command_line(command: str) -> None:
    result = RUN.invoke(app, [*command.split(), "--threads", "0"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "--threads" in result.output


def test_whatever_takes_a_device_takes_threads_too() -> None:
    assert {"train", "table1", "predict"} <= set(commands("--device")) <= set(commands("--threads"))


@pytest.mark.parametrize("command", ["checklist", "evaluate", "predict"])
def test_an_unknown_normalizer_is_a_mistake_in_the_command_line(command: str) -> None:
    result = RUN.invoke(app, [command, "--normalizer", "guess"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "hybrid" in result.output
