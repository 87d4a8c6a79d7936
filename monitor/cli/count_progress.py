"""Progress of work whose amount is known: a bar on a terminal, a line from time to time elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from models.terminal import terminal_safe
from monitor.cli.console import err, print_note

_BETWEEN_LINES: Final = 30.0
"""Seconds between two lines in a log; short commands print none."""


@contextmanager
def count_progress(total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr while the block runs.

    Args:
        total: how many units there are; None if that is not known.
        unit: in the plural.

    Yields:
        A function that is called with the number of further units that are done.
    """
    if not err.is_terminal:
        yield _lines(total, unit)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    title = TextColumn("{task.description}", markup=False)
    columns = (title, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(terminal_safe(unit), total=total)
        yield lambda done: progress.advance(task, done)


def _lines(total: int | None, unit: str) -> Callable[[int], None]:
    count, printed = 0, time.monotonic()

    def advance(done: int) -> None:
        nonlocal count, printed
        count += done
        if time.monotonic() - printed >= _BETWEEN_LINES:
            printed = time.monotonic()
            of_all = "" if total is None else f" of {total:,}"
            print_note(f"{count:,}{of_all} {unit}")

    return advance
