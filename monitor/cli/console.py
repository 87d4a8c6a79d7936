"""The two places that commands write to: results on stdout, everything else on stderr.

How far a file was read, on a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper

from rich.console import Console
from rich.markup import escape
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
_ENDLESS = 10_000  # characters


def say_error(message: str) -> None:
    """Print a message about a failure on stderr."""
    err.print(f"[bold red]error:[/] {escape(message)}")


def say_note(message: str) -> None:
    """Print something that is worth knowing, but is no result, on stderr."""
    err.print(f"[dim]{escape(message)}[/]")


def print_table(table: Table) -> None:
    """Print a table on stdout without cutting anything: long cells are folded on a terminal.

    Elsewhere, such as in a pipe to grep, each row is one line, unless the table is to fill the width.
    """
    for column in table.columns:
        column.overflow = "fold"
    console = out if out.is_terminal or table.expand else Console(highlight=False, width=_ENDLESS)
    console.print(table, soft_wrap=False)


def speak_any_language() -> None:
    """Keep tweets from failing on a stream with a poorer character set.

    A file or a pipe gets UTF-8, as programs expect of JSON and CSV; a terminal what it can show, and `?`.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


ShowProgress = Callable[[int, int | None, str], None]
"""Called with the position and the size in bytes (None: not known), and what was counted up to there."""


@contextmanager
def file_progress() -> Iterator[ShowProgress]:
    """Give a function that shows how far a file is; it does nothing where stderr is no terminal."""
    if not err.is_terminal:
        yield lambda position, size, counted: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    counts = TextColumn("{task.fields[counted]}")
    with Progress(
        BarColumn(), DownloadColumn(), counts, TimeElapsedColumn(), console=err, transient=True
    ) as bar:
        task = bar.add_task("file", total=None, counted="")
        yield lambda position, size, counted: bar.update(
            task, completed=position, total=size, counted=counted
        )
