"""`ade-monitor schema`: print the JSON Schema of a tweet or of an alert."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from monitor.schemas import schema_text


class Subject(StrEnum):
    """The messages that have a schema."""

    TWEET = "tweet"
    ALERT = "alert"


def schema_command(
    subject: Annotated[Subject, typer.Argument(help="The messages that go in (tweet) or come out (alert).")],
) -> None:
    """Print the JSON Schema of the messages that go in or of the alerts that come out."""
    typer.echo(schema_text(subject.value), nl=False)
