"""`ade-monitor schema`: print the JSON Schema of a tweet, an alert or a retraction."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from monitor.schemas import schema_text


class Subject(StrEnum):
    """The messages that have a schema."""

    TWEET = "tweet"
    ALERT = "alert"
    RETRACTION = "retraction"


def schema_command(
    subject: Annotated[
        Subject, typer.Argument(help="The messages that go in (tweet) or come out (alert, retraction).")
    ],
) -> None:
    """Print the JSON Schema of the messages that go in, or of the alerts and retractions that come out."""
    typer.echo(schema_text(subject.value), nl=False)
