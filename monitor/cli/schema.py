"""`ade-monitor schema`: the JSON Schema of a tweet or of an alert."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from monitor.schemas import schema_text


class Subject(StrEnum):
    """What there is a schema of."""

    TWEET = "tweet"
    ALERT = "alert"


def schema_command(
    subject: Annotated[Subject, typer.Argument(help="What goes in (tweet) or what comes out (alert).")],
) -> None:
    """Print the JSON Schema of the messages that go in or of the alerts that come out."""
    typer.echo(schema_text(subject.value), nl=False)
