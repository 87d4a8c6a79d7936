"""The command `ade-train`: one subcommand per file, and the way all of them fail."""

from __future__ import annotations

import errno
import sys
from io import TextIOWrapper

import typer
from rich.console import Console
from rich.markup import escape

from models.errors import ModelError
from training.cli.augment import augment_command
from training.cli.bundle_quantize import bundle_quantize_command
from training.cli.bundle_set_terminology import bundle_set_terminology_command
from training.cli.bundle_show import bundle_show_command
from training.cli.calibrate import calibrate_command
from training.cli.checklist import checklist_command
from training.cli.default_bundle import default_bundle_command
from training.cli.describe import describe_command
from training.cli.evaluate import evaluate_command
from training.cli.normalizer import normalizer_command
from training.cli.predict import predict_command
from training.cli.prepare import prepare_command
from training.cli.table1 import table1_command
from training.cli.terminology_check import terminology_check_command
from training.cli.train import train_command
from training.cli.write_tweets import write_tweets_command
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


app.command("augment")(augment_command)
app.command("calibrate")(calibrate_command)
app.command("checklist")(checklist_command)
app.command("default-bundle")(default_bundle_command)
app.command("describe")(describe_command)
app.command("evaluate")(evaluate_command)
app.command("normalizer")(normalizer_command)
app.command("predict")(predict_command)
app.command("prepare")(prepare_command)
app.command("table1")(table1_command)
app.command("train")(train_command)
app.command("write-tweets")(write_tweets_command)

bundle = typer.Typer(
    help="Look at a bundle, quantize it, or let it search another MedDRA release.", no_args_is_help=True
)
bundle.command("quantize")(bundle_quantize_command)
bundle.command("set-terminology")(bundle_set_terminology_command)
bundle.command("show")(bundle_show_command)
app.add_typer(bundle, name="bundle")

terminology = typer.Typer(help="Look at a MedDRA release.", no_args_is_help=True)
terminology.command("check")(terminology_check_command)
app.add_typer(terminology, name="terminology")


def main() -> None:
    """Run `ade-train`; a user's mistake prints one message on stderr and ends with status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # of a terminal that lacks a character of a table
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    try:
        app(standalone_mode=True)
    except (TrainingError, ModelError) as error:
        console.print(f"[bold red]error:[/] {escape(str(error))}")
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        place = f" for {error.filename}" if error.filename else ""
        told = f"{error.strerror}{place}: make room, and start the same command again"
        console.print(f"[bold red]error:[/] {escape(told)}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
