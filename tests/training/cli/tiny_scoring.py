"""Tiny annotated texts, and the commands that score a bundle on them."""

import json
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from tests.tiny import EFFECTS, NEGATIVE, POSITIVE
from training.cli.app import app

RUNNER = CliRunner()


def record(number: int, text: str) -> dict[str, Any]:
    """Return an annotated text; a positive text ends with its effect."""
    effect = next((effect for effect in EFFECTS if text.endswith(effect)), None)
    if effect is None:
        return {"id": f"t{number}", "text": text, "label": 0, "spans": []}
    ptid, name = EFFECTS[effect]
    start = len(text) - len(effect)
    span = {"start": start, "end": len(text), "text": effect, "ptid": ptid, "pt_name": name}
    return {"id": f"t{number}", "text": text, "label": 1, "spans": [span]}


RECORDS = [record(number, text) for number, text in enumerate([*POSITIVE, *NEGATIVE])]


def ade_train(*arguments: object) -> Result:
    """Run the command, and return its result, even if it fails."""
    return RUNNER.invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)


def figures(*arguments: object) -> dict[str, Any]:
    """Run the command, and return the JSON document that it prints."""
    result = ade_train(*arguments, "--json")
    assert result.exception is None, result.exception
    return dict(json.loads(result.stdout))
