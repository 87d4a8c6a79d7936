"""The typer application: the subcommands put together."""

from __future__ import annotations

import typer

from models.terminal import flow_help
from training.cli.accurate_bundle import accurate_bundle_command
from training.cli.adapt import adapt_command
from training.cli.augment import augment_command
from training.cli.bundle import bundle_app
from training.cli.calibrate import calibrate_command
from training.cli.checklist import checklist_command
from training.cli.default_bundle import default_bundle_command
from training.cli.describe import describe_command
from training.cli.distill import distill_command
from training.cli.evaluate import evaluate_command
from training.cli.label import label_command
from training.cli.normalizer import normalizer_command
from training.cli.predict import predict_command
from training.cli.prepare import prepare_command
from training.cli.table1 import table1_command
from training.cli.terminology import terminology_app
from training.cli.train import train_command
from training.cli.write_tweets import write_tweets_command

app = typer.Typer(
    name="ade-train",
    help="Train the models of ade-monitor: corpora in, a bundle out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command("accurate-bundle")(accurate_bundle_command)
app.command("adapt")(adapt_command)
app.command("augment")(augment_command)
app.command("calibrate")(calibrate_command)
app.command("checklist")(checklist_command)
app.command("default-bundle")(default_bundle_command)
app.command("describe")(describe_command)
app.command("distill")(distill_command)
app.command("evaluate")(evaluate_command)
app.command("label")(label_command)
app.command("normalizer")(normalizer_command)
app.command("predict")(predict_command)
app.command("prepare")(prepare_command)
app.command("table1")(table1_command)
app.command("train")(train_command)
app.command("write-tweets")(write_tweets_command)
app.add_typer(bundle_app, name="bundle")
app.add_typer(terminology_app, name="terminology")

flow_help(app)
