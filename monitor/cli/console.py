"""The one place where commands write: results to stdout, everything else to stderr.

Text from outside (tweets, files, messages, headers) passes `models.terminal` on its way to a terminal. The
functions below do this by themselves.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import TextIOWrapper
from types import TracebackType
from typing import Any

import typer
from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from models.terminal import json_line, terminal_safe

out = Console(highlight=False, emoji=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)

_UNBOUNDED = 10_000  # characters

CODE_WIDTH = 10
"""Characters that a column with PT codes never gets less of: a code that is folded cannot be copied."""

MOST_SHOWN = 500
"""Characters of a tweet that people see whole; of a longer one they see what is around its spans."""

_AROUND = 100  # characters on each side of a span

ShowProgress = Callable[[int, int | None, str], None]
"""Called with the position and the size of a file in bytes (None: not known), and the counts up to there."""


def highlighted(text: str, *spans: tuple[int, int], style: str) -> Text:
    """Return a tweet on one line, safe for a terminal, with its spans in `style`.

    Of a text longer than `MOST_SHOWN`, only the words around the spans are shown, and of a span that is
    longer itself its two ends.
    """
    line = Text(terminal_safe(text))
    for start, end in spans:
        line.stylize(style, start, end)
    return line if len(text) <= MOST_SHOWN else _around(line, spans)


def _around(line: Text, spans: tuple[tuple[int, int], ...]) -> Text:
    """Return the words around the spans of a line, or its first ones, with an ellipsis for all others."""
    pieces: list[tuple[int, int]] = []
    for start, end in sorted(edge for span in spans for edge in _ends_of(*span)) or [(0, 0)]:
        first, last = max(0, start - _AROUND), min(len(line), end + _AROUND)
        if first:
            first = line.plain.find(" ", first, start) + 1 or first
        if last < len(line):
            space = line.plain.rfind(" ", end, last)
            last = last if space < 0 else space
        if pieces and first <= pieces[-1][1] + 1:
            previous = pieces.pop()
            first, last = previous[0], max(previous[1], last)
        pieces.append((first, last))
    shown = Text(" … ").join(line[first:last] for first, last in pieces)
    before, after = "… " if pieces[0][0] else "", " …" if pieces[-1][1] < len(line) else ""
    return Text.assemble(before, shown, after)


def _ends_of(start: int, end: int) -> list[tuple[int, int]]:
    """Return a span, or the two ends of a span that is too long to be shown whole."""
    if end - start <= MOST_SHOWN:
        return [(start, end)]
    return [(start, start + _AROUND), (end - _AROUND, end)]


def print_line(line: str | Text) -> None:
    """Print one line of the result, made safe for a terminal; strings have no markup.

    Raises:
        BrokenPipeError: the reader is gone.
    """
    # Not printed by rich, which ends the process on a broken pipe. `echo` also flushes.
    with out.capture() as capture:
        out.print(_safe_text(line))
    typer.echo(capture.get(), nl=False)


def print_json(record: Any) -> None:
    """Print one JSON object on a line of its own, with times in ISO 8601; see `json_line`."""
    typer.echo(json_line(record, default=datetime.isoformat))


def print_error(message: str) -> None:
    """Print the message of a failure on stderr."""
    err.print(f"[bold red]error:[/] {escape(terminal_safe(message, keep_newlines=True))}")


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 label`, `1,200 labels`.

    Args:
        count: how many.
        noun: in the singular; its plural has an s, or ies instead of a y after a consonant.
    """
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def print_note(message: str) -> None:
    """Print something worth knowing that is not a result on stderr."""
    err.print(f"[dim]{escape(terminal_safe(message, keep_newlines=True))}[/]")


def print_renderable(renderable: RenderableType) -> None:
    """Print something that rich renders, such as a panel, on stdout."""
    out.print(renderable)


def new_table(*columns: str, **options: Any) -> Table:
    """Return a table without borders, for `print_table`."""
    return Table(*columns, box=None, **options)


def add_row(table: Table, *cells: str | Text | None, style: str | None = None) -> None:
    """Add a row; strings are made safe for a terminal and shown as they are, without markup."""
    table.add_row(*(None if cell is None else _safe_text(cell) for cell in cells), style=style)


def print_table(table: Table) -> None:
    """Print a table on stdout without cutting anything: long cells are folded on a terminal.

    Elsewhere, for example in a pipe to grep, each row is one line, unless the table fills the width.
    """
    for column in table.columns:
        column.overflow = "fold"
    console = (
        out if out.is_terminal or table.expand else Console(highlight=False, emoji=False, width=_UNBOUNDED)
    )
    console.print(table, soft_wrap=False)


@contextmanager
def file_progress() -> Iterator[ShowProgress]:
    """Yield a function that shows how far a file was read; it does nothing if stderr is not a terminal."""
    if not err.is_terminal:
        yield lambda position, size, counts: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    counts_column = TextColumn("{task.fields[counts]}", markup=False)
    columns = (BarColumn(), DownloadColumn(), counts_column, TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("file", total=None, counts="")
        yield lambda position, size, counts: progress.update(
            task, completed=position, total=size, counts=terminal_safe(counts)
        )


@contextmanager
def status_line(first: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows one line on stderr; it does nothing if stderr is not a terminal.

    Args:
        first: the line until the first call.
    """
    if not err.is_terminal:
        yield lambda line: None
        return
    with err.status(Text(terminal_safe(first))) as status:
        yield lambda line: status.update(Text(terminal_safe(line)))


def print_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an error that nothing caught on stderr, for `sys.excepthook`; its message may quote a file."""
    text = "".join(traceback.format_exception(kind, error, trace))
    sys.stderr.write(terminal_safe(text, keep_newlines=True))


def use_utf8() -> None:
    """Keep tweets from failing on a stream with a smaller character set.

    A file or a pipe gets UTF-8, which programs expect of JSON and CSV. A terminal gets what it can show, and
    `?` for the rest.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


def _safe_text(text: str | Text) -> Text:
    if isinstance(text, str):
        return Text(terminal_safe(text))
    safe = text.copy()
    safe.plain = terminal_safe(text.plain)
    return safe
