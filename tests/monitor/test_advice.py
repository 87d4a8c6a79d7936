"""Advice of the monitor for problems of models."""

from __future__ import annotations

from models.errors import ModelError, Problem, message_with_advice
from monitor.advice import ADVICE

TRAINING_ONLY = {
    Problem.PACKAGED_BUNDLE,
    Problem.RELEASE_HAS_FAULTS,
    Problem.TERMINOLOGY_NEEDS_RETRIEVER,
}
"""Problems of changing a bundle, which the monitor never does."""


def test_every_problem_that_the_monitor_can_meet_has_advice() -> None:
    assert set(Problem) - set(ADVICE) == TRAINING_ONLY


def test_advice_continues_the_sentence_of_the_fact() -> None:
    for problem, advice in ADVICE.items():
        message = message_with_advice(ModelError("the fact", problem=problem, package="p"), ADVICE)
        assert message == f"the fact: {advice.format(package='p')}"
        assert advice[0].islower()
        assert not advice.endswith(".")
