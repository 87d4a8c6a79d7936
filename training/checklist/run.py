"""Letting a scorer judge all cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final

from models.predictions import Scorer
from training.checklist.capabilities import checklist_cases
from training.checklist.report import Capability, ChecklistReport, Outcome
from training.checklist.showing import shown
from training.checklist.verdicts import Answer, Raised, judge_case

_CHUNK: Final = 256  # texts judged together


def run_checklist(
    scorer: Scorer,
    capabilities: Sequence[str] | None = None,
    *,
    advance: Callable[[int], None] | None = None,
) -> ChecklistReport:
    """Judge a scorer by the checklist; the same scorer gets the same report.

    A text at which the scorer raises fails its case, and ends nothing.

    Args:
        scorer: a bundle's pipeline, or anything else that judges tweets.
        capabilities: some of `CAPABILITIES`; all by default.
        advance: told, from time to time, how many more texts were judged.

    Raises:
        RunError: there is no such capability.
    """
    cases = checklist_cases(capabilities)
    texts = list(dict.fromkeys(text for case in cases for text in case.texts))
    answers: dict[str, Answer] = {}
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        answers.update(zip(chunk, _answers(scorer, chunk), strict=True))
        if advance:
            advance(len(chunk))
    outcomes = [Outcome(case, answers[case.draft.item.text], judge_case(case, answers)) for case in cases]
    return ChecklistReport(
        scorer.version,
        tuple(
            Capability(name, tuple(those))
            for name, those in groupby(outcomes, lambda one: one.case.capability)
        ),
    )


def _answers(scorer: Scorer, texts: Sequence[str]) -> Sequence[Answer]:
    try:
        return scorer.score(texts)
    except Exception as error:  # whatever it is, the text that causes it has failed
        if len(texts) == 1:
            return [Raised(shown(f"{type(error).__name__}: {error}"))]
        return [answer for text in texts for answer in _answers(scorer, [text])]
