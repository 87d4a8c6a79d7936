"""Options that several commands share behave the same in each."""

from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from training.cli.app import app
from training.cli.options import parse_size
from training.errors import RunError

RUNNER = CliRunner()


def _with(option: str, group: TyperGroup, *path: str) -> Iterator[tuple[str, ...]]:
    """Yield the commands that have the option, each as the names that lead to it."""
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
def test_zero_threads_are_an_invalid_option(command: str) -> None:
    result = RUNNER.invoke(app, [*command.split(), "--threads", "0"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "--threads" in result.output


def test_commands_with_a_device_also_have_threads() -> None:
    assert {"train", "table1", "predict"} <= set(commands("--device")) <= set(commands("--threads"))


@pytest.mark.parametrize("command", ["checklist", "evaluate", "predict"])
def test_an_unknown_normalizer_is_an_invalid_option(command: str) -> None:
    result = RUNNER.invoke(app, [command, "--normalizer", "guess"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "hybrid" in result.output


@pytest.mark.parametrize(
    ("text", "amount"),
    [("4GB", 4_000_000_000), ("500 mb", 500_000_000), ("1.5G", 1_500_000_000), ("12", 12), ("1e3", 1_000)],
)
def test_sizes_are_parsed_with_their_units(text: str, amount: int) -> None:
    assert parse_size(text, option="--keep-limit") == amount


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "4 GiBs", "1,5GB", "1e999"])
def test_invalid_sizes_are_refused(text: str) -> None:
    with pytest.raises(RunError, match="--keep-limit"):
        parse_size(text, option="--keep-limit")
