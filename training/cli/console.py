"""The one place where commands write: results to stdout, everything else to stderr.

Text from corpora and bundles must pass through `models.terminal` before it reaches a terminal. The functions
below take care of that.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from models.terminal import json_line, terminal_safe

out: Final = Console(highlight=False, emoji=False, soft_wrap=True)
err: Final = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
silent: Final = Console(quiet=True)
"""For all but the first of several training processes."""

_UNBOUNDED: Final = 10_000  # characters


def print_line(line: str = "") -> None:
    """Print one line of the result, made safe for a terminal."""
    out.print(Text(terminal_safe(line)))


def print_json(document: Any) -> None:
    """Print the result as JSON on one line; see `json_line`."""
    typer.echo(json_line(document))


def print_error(message: str) -> None:
    """Print the message of a failure on stderr."""
    err.print(f"[bold red]error:[/] {_escaped(message)}")


def print_note(message: str, console: Console = err) -> None:
    """Print a remark on stderr: something worth knowing that is not a result."""
    console.print(_escaped(message))


def print_written(path: Path) -> None:
    """Print on stderr where the results were written."""
    print_note(f"wrote {path}")


def figures_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> Table:
    """Return a table for `print_table`; the first `left` columns are aligned left, the others right."""
    table = Table(box=None, show_header=any(headings))
    for index, heading in enumerate(headings):
        table.add_column(Text(terminal_safe(heading)), justify="left" if index < left else "right")
    for row in rows:
        add_row(table, *row)
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row; cells are made safe for a terminal and shown as they are, without markup."""
    table.add_row(*(Text(terminal_safe(cell)) for cell in cells))


def print_table(table: Table) -> None:
    """Print a table on stdout without cutting anything: long cells are folded on a terminal.

    Elsewhere, for example in a pipe to grep, each row is one line.
    """
    for column in table.columns:
        column.overflow = "fold"
    console = out if out.is_terminal else Console(highlight=False, emoji=False, width=_UNBOUNDED)
    console.print(table, soft_wrap=False)


@contextmanager
def on_interrupt(outcome: str = "nothing was written", console: Console = err) -> Iterator[None]:
    """Print what became of the results if Ctrl-C stops the block; the command still ends."""
    try:
        yield
    except KeyboardInterrupt:
        console.print(f"stopped; {_escaped(outcome)}")
        raise


def resume_hint(folder: Path) -> str:
    """Return how to continue a training whose state is in `folder`, for `on_interrupt`."""
    return f"the same command, without --fresh, resumes after the last complete epoch ({folder})"


def replace_unencodable() -> None:
    """Print `?` for a character that stdout or stderr cannot encode, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _escaped(message: str) -> str:
    return escape(terminal_safe(message, keep_newlines=True))
