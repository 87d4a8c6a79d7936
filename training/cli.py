"""The command `ade-train`: one subcommand per file, and the way all of them fail."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from models.errors import ModelError
from training.commands.default_bundle import default_bundle_command
from training.errors import TrainingError

app = typer.Typer(
    name="ade-train",
    help="Train the models of ade-monitor: corpora in, a bundle out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def global_options() -> None:
    """Keep subcommands by name, also while there is only one."""


app.command("default-bundle")(default_bundle_command)


def main() -> None:
    """Run `ade-train`; a user's mistake prints one message on stderr and ends with status 1."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        app(standalone_mode=True)
    except (TrainingError, ModelError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
