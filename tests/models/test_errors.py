"""Errors state facts, and each program adds its own advice."""

from __future__ import annotations

import pickle
from pathlib import Path

from models.errors import BundleError, ModelError, Problem, message_with_advice

ADVICE = {Problem.UNKNOWN_BUNDLE: "correct --bundle", Problem.RELEASE_HAS_FAULTS: "run `check {folder}`"}


def test_advice_follows_the_message() -> None:
    error = BundleError("there is no bundle 'x'", problem=Problem.UNKNOWN_BUNDLE)
    assert message_with_advice(error, ADVICE) == "there is no bundle 'x': correct --bundle"
    error = BundleError("no bundle 'x': it is not a folder", problem=Problem.UNKNOWN_BUNDLE)
    assert message_with_advice(error, ADVICE) == "no bundle 'x': it is not a folder; correct --bundle"


def test_advice_names_the_details_of_the_error() -> None:
    error = ModelError("two faults", problem=Problem.RELEASE_HAS_FAULTS, folder=Path("a {strange} folder"))
    assert message_with_advice(error, ADVICE) == "two faults: run `check a {strange} folder`"


def test_errors_without_a_problem_or_advice_keep_their_message() -> None:
    assert message_with_advice(ModelError("broken"), ADVICE) == "broken"
    error = ModelError("broken", problem=Problem.PACKAGED_BUNDLE)
    assert message_with_advice(error, ADVICE) == "broken"


def test_errors_pass_between_processes() -> None:
    error = pickle.loads(pickle.dumps(BundleError("x", problem=Problem.UNKNOWN_BUNDLE, name="y")))
    assert (str(error), error.problem, error.details) == ("x", Problem.UNKNOWN_BUNDLE, {"name": "y"})
