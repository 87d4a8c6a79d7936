"""What a command says when it is stopped by Ctrl-C, before it ends with status 130."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape


@contextmanager
def told_when_stopped(console: Console, left: str = "nothing was written") -> Iterator[None]:
    """Say on Ctrl-C how things were `left`; it still ends the command."""
    try:
        yield
    except KeyboardInterrupt:
        console.print(f"stopped; {left}")
        raise


@contextmanager
def told_how_to_go_on(console: Console, folder: Path) -> Iterator[None]:
    """Say on Ctrl-C how to go on with the training whose state is in `folder`; it still ends the command."""
    left = "the same command, without --fresh, goes on after the last whole epoch"
    with told_when_stopped(console, f"{left} ({escape(str(folder))})"):
        yield
