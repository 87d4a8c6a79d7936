"""The suite: its capabilities, the cases of each, and running them on a scorer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from random import Random
from typing import Final

from models.predictions import Scorer
from training.checklist.case_makers import (
    Change,
    changed_cases,
    coding_cases,
    direction_cases,
    odd_text_cases,
    stated_cases,
    thread_cases,
)
from training.checklist.cases import Case, Draft, printable
from training.checklist.results import Capability, CaseResult, ChecklistReport
from training.checklist.text_changes import (
    capitalize,
    embed_in_thread,
    insertion_from,
    misspell,
    tag_medicine,
    use_odd_characters,
)
from training.checklist.verdicts import Answer, RaisedError, check_case
from training.errors import RunError

_CHUNK: Final = 256  # texts scored together

CaseMaker = Callable[[Random], Iterable[Draft]]


def _stated(file: str, *, each: int = 3) -> CaseMaker:
    return lambda random: chain(
        stated_cases(file, random, each=each), direction_cases(file, random, each=each + 1)
    )


def _changed(change: Change, file: str | None = None, *, stated: int = 30, unchanged: int = 40) -> CaseMaker:
    def make(random: Random) -> Iterator[Draft]:
        if file:
            yield from stated_cases(file, random, each=3)
        yield from changed_cases(change, random, stated=stated, unchanged=unchanged)

    return make


def _threads(random: Random) -> Iterator[Draft]:
    yield from thread_cases(random, each=3)
    yield from changed_cases(embed_in_thread, random, stated=30, unchanged=40)


def _unicode(random: Random) -> Iterator[Draft]:
    yield from odd_text_cases()
    yield from changed_cases(use_odd_characters, random, stated=34, unchanged=34)


_MAKERS: Final[dict[str, CaseMaker]] = {
    "plain": _stated("plain"),
    "negation": _stated("negation"),
    "wish": _stated("wish"),
    "cure": _stated("cure"),
    "indication": _stated("indication"),
    "third-person": _stated("third_person"),
    "tense": _stated("tense"),
    "question": _stated("question"),
    "hearsay": _stated("hearsay"),
    "typos": _changed(misspell, stated=45, unchanged=60),
    "upper-case": _changed(capitalize, stated=40, unchanged=60),
    "emoji": _changed(insertion_from("emoji"), "emoji"),
    "url": _changed(insertion_from("url"), "url"),
    "mention": _changed(insertion_from("mention"), "mention"),
    "hashtag": _changed(tag_medicine, "hashtag", stated=20),
    "thread": _threads,
    "unicode": _unicode,
    "coding": coding_cases,
}
CAPABILITIES: Final = tuple(_MAKERS)
"""The names of all capabilities, in the order of the report."""


def checklist_cases(capabilities: Sequence[str] | None = None) -> list[Case]:
    """Return the cases. They are always the same; those of a capability do not depend on the others.

    Args:
        capabilities: some of `CAPABILITIES`; all by default.

    Raises:
        RunError: there is no such capability; the message lists those that exist.
    """
    for name in capabilities or ():
        if name not in _MAKERS:
            raise RunError(f"there is no capability {name!r}: it must be one of {', '.join(CAPABILITIES)}")
    return [
        case for name in CAPABILITIES if not capabilities or name in capabilities for case in _cases_of(name)
    ]


def run_checklist(
    scorer: Scorer,
    capabilities: Sequence[str] | None = None,
    *,
    advance: Callable[[int], None] | None = None,
) -> ChecklistReport:
    """Check a scorer by the cases; the same scorer gets the same report.

    A text at which the scorer raises fails its own case only.

    Args:
        scorer: the pipeline of a bundle, or anything else that scores tweets.
        capabilities: some of `CAPABILITIES`; all by default.
        advance: called from time to time with the number of texts scored since the last call.

    Raises:
        RunError: there is no such capability.
    """
    cases = checklist_cases(capabilities)
    texts = list(dict.fromkeys(text for case in cases for text in case.texts))
    answers: dict[str, Answer] = {}
    for start in range(0, len(texts), _CHUNK):
        chunk = texts[start : start + _CHUNK]
        answers.update(zip(chunk, _score(scorer, chunk), strict=True))
        if advance:
            advance(len(chunk))
    results = [
        CaseResult(case, answers[case.draft.sentence.text], check_case(case, answers)) for case in cases
    ]
    by_capability = groupby(results, lambda result: result.case.capability)
    return ChecklistReport(
        scorer.version, tuple(Capability(name, tuple(group)) for name, group in by_capability)
    )


def _cases_of(capability: str) -> Iterator[Case]:
    """Number the drafts; of those of one test and text, keep the first."""
    seen: set[tuple[str, str]] = set()
    number = 0
    for draft in _MAKERS[capability](Random(f"checklist {capability}")):  # noqa: S311 - reproducible
        key = (draft.test, draft.sentence.text)
        if key not in seen:
            seen.add(key)
            number += 1
            yield Case(f"{capability}-{number:03}", capability, draft)


def _score(scorer: Scorer, texts: Sequence[str]) -> Sequence[Answer]:
    try:
        return scorer.score(texts)
    except Exception as error:  # any error fails the text that causes it
        if len(texts) == 1:
            return [RaisedError(printable(f"{type(error).__name__}: {error}"))]
        return [answer for text in texts for answer in _score(scorer, [text])]
