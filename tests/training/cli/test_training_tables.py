"""The end of a training: tables for people, JSON for programs."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from training.cli import console, training_tables
from training.cli.training_tables import print_trained

FIGURES = {"precision": 0.5, "recall": 0.25, "f1": 0.3333}
METRICS = {
    "preset": "mtl",
    "classes": 1_200,
    "examples": {"1a": 12_000, "1b": 80},
    "notes": ["something"],
    "threshold": {"threshold": 0.4321, "chosen": "f1"},
    "validation": {"1a": FIGURES, "1b": FIGURES},
    "classifiers": {"1": {"best_epoch": 2, "epochs": [{"epoch": 1}, {"epoch": 2}, {"epoch": 3}]}},
    "held_out": {"tweets": {"1c": FIGURES}},
}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal shows."""
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, no_color=True, width=100)
    monkeypatch.setattr(console, "out", terminal)
    monkeypatch.setattr(training_tables, "out", terminal)
    return shown


def test_a_terminal_shows_tables(terminal: io.StringIO) -> None:
    print_trained("first-1234", METRICS, as_json=False)
    lines = [" ".join(line.split()) for line in terminal.getvalue().splitlines()]
    assert lines[0] == "first-1234"
    for row in (
        "classes 1,200",
        "examples 1a 12,000, 1b 80",
        "best epoch 2 of 3",
        "validation 1a 50.0 25.0 33.3",
    ):
        assert row in lines
    assert "held out tweets 1c 50.0 25.0 33.3" in lines
    assert not any("{" in line for line in lines)


@pytest.mark.parametrize("as_json", [True, False])
def test_programs_get_json(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    print_trained("first-1234", METRICS, as_json=as_json)
    assert json.loads(capsys.readouterr().out) == {"bundle": "first-1234", **METRICS}


def test_a_terminal_shows_json_on_request(terminal: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    print_trained("first-1234", METRICS, as_json=True)
    assert json.loads(capsys.readouterr().out)["classes"] == 1_200
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("f1", [0.0, 0.01, None])
def test_a_bundle_that_finds_nothing_is_noted(capsys: pytest.CaptureFixture[str], f1: float | None) -> None:
    validation = {} if f1 is None else {"1a": {**FIGURES, "f1": f1}}
    print_trained("first-1234", {**METRICS, "validation": validation}, as_json=True)
    assert ("finds no adverse effect" in capsys.readouterr().err) == (f1 == 0)
