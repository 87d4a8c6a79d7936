"""What commands write: in any character set, at any width, and without control characters."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.text import Text

from monitor.cli import console
from monitor.cli.console import MOST_SHOWN, highlighted
from monitor.settings import Settings
from tests.models.test_terminal import UNSAFE

NAMES = [
    f"{section}.{name}"
    for section, values in Settings().model_dump().items()
    for name in values
]  # fmt: skip


def settings(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run `ade-monitor settings` in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ADE_")}
    return subprocess.run(
        [sys.executable, "-m", "monitor.cli", "settings", *arguments],
        env={**kept, **variables},
        cwd=folder,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal that is 20 characters wide."""
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=20, color_system=None)
    monkeypatch.setattr(console, "out", terminal)
    return screen


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_a_pipe_gets_utf8_in_any_locale(tmp_path: Path, arguments: list[str]) -> None:
    ended = settings(tmp_path, *arguments, PYTHONIOENCODING="ascii", ADE_KAFKA__GROUP_ID="fièvre 🤒")
    assert ended.returncode == 0, ended.stderr.decode()
    assert "fièvre 🤒" in ended.stdout.decode()


def test_an_error_is_utf8_in_any_locale(tmp_path: Path) -> None:
    ended = settings(tmp_path, PYTHONIOENCODING="latin-1", ADE_MODEL__DEVICE="🤒")
    assert ended.returncode == 1
    assert "model.device '🤒'" in ended.stderr.decode()
    assert b"Traceback" not in ended.stderr


def test_in_a_pipe_each_row_is_one_whole_line(tmp_path: Path) -> None:
    lines = settings(tmp_path, COLUMNS="40").stdout.decode().splitlines()[1:]
    assert [line.split()[0] for line in lines] == NAMES


def test_on_a_narrow_terminal_cells_are_folded_and_never_cut(screen: io.StringIO) -> None:
    table = console.new_table("setting", "value")
    console.add_row(table, "kafka.bootstrap_servers", json.dumps("x" * 50))
    console.print_table(table)
    output = screen.getvalue()
    assert all(len(line) <= 20 for line in output.splitlines())
    assert output.count("x") == 50
    assert "…" not in output


def test_cells_and_lines_are_safe_and_have_no_markup(
    screen: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    table = console.new_table("value")
    console.add_row(table, "[red]a\x1b[2J", style=None)
    console.add_row(table, Text("b\x9b2J\u202e"))
    console.print_table(table)
    console.print_line("[red]c\x1b]0;x")
    console.print_line(Text("d\x1b[31m"))
    output = screen.getvalue() + capsys.readouterr().out
    assert not set(output) & set(UNSAFE.replace("\n", ""))
    assert "[red]a" in output
    assert "[red]c" in output


def test_messages_are_safe_and_keep_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_error("[a]\nb\x1b[2J\x07")
    console.print_note(":c: \x9b\u202e")
    output = capsys.readouterr().err
    assert not set(output) & set(UNSAFE.replace("\n", ""))
    assert "error: [a]\nb" in output
    assert ":c:" in output


def test_highlighted_spans_have_the_offsets_of_the_tweet() -> None:
    line = highlighted("so\r\x07shaky", (4, 9), style="bold")
    [span] = line.spans
    assert line.plain[span.start : span.end] == "shaky"


def test_of_a_long_post_the_words_around_its_spans_are_shown() -> None:
    talk = "we went to the market and bought bread. " * 20
    text = f"{talk}it made me dizzy and shaky. {talk}now nausea"
    spans = [(start := text.index(effect), start + len(effect)) for effect in ("nausea", "dizzy", "shaky")]
    line = highlighted(text, *spans, style="bold")
    beginning, middle, end = line.plain.split("…")
    assert beginning == ""
    assert "made me dizzy and shaky. we" in middle
    assert end.endswith("now nausea")
    assert len(line.plain) < 400
    assert set(line.plain.split()) - {"…"} <= set(text.split())
    assert sorted(line.plain[span.start : span.end] for span in line.spans) == ["dizzy", "nausea", "shaky"]


@pytest.mark.parametrize("text", ["x" * (MOST_SHOWN + 1), "頭痛" * MOST_SHOWN, "a b " * MOST_SHOWN])
def test_a_long_post_is_cut_at_spaces_or_anywhere_without_them(text: str) -> None:
    start = len(text) // 2
    line = highlighted(text, (start, start + 5), style="bold")
    assert text[start : start + 5] in line.plain
    assert len(line.plain) < MOST_SHOWN
    assert len(highlighted(text, style="bold").plain) < MOST_SHOWN


@pytest.mark.parametrize("text", ["a b c d " * 12_500, "x" * 100_000])
def test_of_a_span_as_long_as_the_longest_post_both_ends_are_shown(text: str) -> None:
    line = highlighted(text, (10, len(text) - 10), style="bold")
    assert len(line.plain) < MOST_SHOWN + 200
    shown = "".join(line.plain[span.start : span.end] for span in line.spans)
    assert len(shown) >= 200
    assert line.plain.count("…") >= 1


def test_a_post_of_usual_length_is_shown_whole() -> None:
    text = "so dizzy " * (MOST_SHOWN // 9)
    assert highlighted(text, (3, 8), style="bold").plain == text


def test_what_changes_on_a_terminal_is_safe_and_has_no_markup(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    # Without colours and movements of its own, whatever is left came from the text.
    terminal = Console(file=screen, force_terminal=True, width=300, color_system=None)
    monkeypatch.setattr(console, "err", terminal)
    with console.file_progress() as show:
        show(5, 10, f"{UNSAFE}[red]archive.zip")
    with console.status_line("connecting") as show_line:
        show_line(f"{UNSAFE}[red]host")
    output = screen.getvalue()
    assert "[red]archive.zip" in output
    assert "[red]host" in output
    assert not set(output) & set(UNSAFE.translate({ord(character): None for character in "\n\r\x1b"}))


def test_without_a_terminal_nothing_is_shown_in_between(capsys: pytest.CaptureFixture[str]) -> None:
    with console.status_line("connecting") as show_line:
        show_line("host")
    assert capsys.readouterr() == ("", "")


def test_an_error_that_nothing_caught_has_no_controls(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError(f"b{UNSAFE}ad")
    except ValueError as error:
        console.print_traceback(ValueError, error, error.__traceback__)
    output = capsys.readouterr().err
    assert not set(output) & set(UNSAFE.replace("\n", ""))
    assert output.startswith("Traceback")
    assert output.endswith("ad\n")
