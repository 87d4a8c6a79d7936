"""The two places that commands write to: results on stdout, everything else on stderr."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say_error(message: str) -> None:
    """Print a message about a failure on stderr."""
    err.print(f"[bold red]error:[/] {escape(message)}")


def say_note(message: str) -> None:
    """Print something that is worth knowing, but is no result, on stderr."""
    err.print(f"[dim]{escape(message)}[/]")
