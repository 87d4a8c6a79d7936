"""How far a file was read, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from monitor.cli.console import err

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
