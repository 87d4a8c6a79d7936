"""What commands print cannot control a terminal."""

import json

import pytest
from rich.console import Console

from training.cli.console import (
    figures_table,
    print_error,
    print_json,
    print_line,
    print_note,
    print_table,
)

ESCAPE = "red \x1b[31m \u202e \x9b [bold] :smile:"


def test_every_way_to_print_is_safe_and_shows_markup_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_line(ESCAPE)
    print_table(figures_table((ESCAPE,), [(ESCAPE,)]))
    print_note(ESCAPE)
    print_error(ESCAPE)
    captured = capsys.readouterr()
    for line in [*captured.out.splitlines(), *captured.err.splitlines()]:
        assert "red  [31m     [bold] :smile:" in line
        assert "\x1b" not in line


def test_json_has_escapes_for_controls_and_the_same_values(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"text": ESCAPE, "name": "Übelkeit"})
    printed = capsys.readouterr().out
    assert not any(character in printed for character in "\x1b\x9b\u202e")
    assert "Übelkeit" in printed
    assert json.loads(printed) == {"text": ESCAPE, "name": "Übelkeit"}


def test_the_lines_of_a_note_are_kept() -> None:
    console = Console(highlight=False)
    with console.capture() as capture:
        print_note("one\ntwo\x1b", console)
    assert capture.get() == "one\ntwo \n"


def test_a_table_without_a_terminal_has_one_line_per_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(figures_table(("a", "b"), [("x" * 300, "1"), ("y", "22")]))
    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.split() == ["a", "b"]
    assert [row.split() for row in rows] == [["x" * 300, "1"], ["y", "22"]]
    assert rows[1].rstrip().endswith("22")
