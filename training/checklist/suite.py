"""What is tested: each capability, and how its cases are made.

Letting a scorer judge all cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from random import Random
from typing import Final

from models.predictions import Scorer
from training.checklist.case_makers import Change, changed, coded, directed, stated
from training.checklist.cases import Case, Draft
from training.checklist.characters import nothing_to_report, odd_characters
from training.checklist.results import Capability, ChecklistReport, Outcome
from training.checklist.text_changes import in_capitals, into_thread, misspelt, putting, tagged, threads
from training.checklist.verdicts import Answer, Raised, judge_case
from training.errors import RunError
from training.printable import shown

Maker = Callable[[Random], Iterable[Draft]]


def _stated(file: str, *, each: int = 3) -> Maker:
    return lambda random: chain(stated(file, random, each=each), directed(file, random, each=each + 1))


def _changed(
    change: Change, file: str | None = None, *, stated_cases: int = 30, unchanged: int = 40
) -> Maker:
    def make(random: Random) -> Iterator[Draft]:
        if file:
            yield from stated(file, random, each=3)
        yield from changed(change, random, stated=stated_cases, unchanged=unchanged)

    return make


def _threads(random: Random) -> Iterator[Draft]:
    yield from threads(random, each=3)
    yield from changed(into_thread, random, stated=30, unchanged=40)


def _unicode(random: Random) -> Iterator[Draft]:
    yield from nothing_to_report()
    yield from changed(odd_characters, random, stated=34, unchanged=34)


_MAKERS: Final[dict[str, Maker]] = {
    "plain": _stated("plain"),
    "negation": _stated("negation"),
    "wish": _stated("wish"),
    "cure": _stated("cure"),
    "indication": _stated("indication"),
    "third-person": _stated("third_person"),
    "tense": _stated("tense"),
    "question": _stated("question"),
    "hearsay": _stated("hearsay"),
    "typos": _changed(misspelt, stated_cases=45, unchanged=60),
    "upper-case": _changed(in_capitals, stated_cases=40, unchanged=60),
    "emoji": _changed(putting("emoji"), "emoji"),
    "url": _changed(putting("url"), "url"),
    "mention": _changed(putting("mention"), "mention"),
    "hashtag": _changed(tagged, "hashtag", stated_cases=20),
    "thread": _threads,
    "unicode": _unicode,
    "coding": lambda random: coded(random),
}
CAPABILITIES: Final = tuple(_MAKERS)
"""The names of all capabilities, in the order of the report."""


def checklist_cases(capabilities: Sequence[str] | None = None) -> list[Case]:
    """Make the cases: always the same ones, and each capability's whether or not others are asked for.

    Args:
        capabilities: some of `CAPABILITIES`; all by default.

    Raises:
        RunError: there is no such capability; the message lists those there are.
    """
    for name in capabilities or ():
        if name not in _MAKERS:
            raise RunError(f"there is no capability {name!r}: it must be one of {', '.join(CAPABILITIES)}")
    return [
        case for name in CAPABILITIES if not capabilities or name in capabilities for case in _named(name)
    ]


def _named(capability: str) -> Iterator[Case]:
    """Number the drafts; of those of one test and text, keep the first."""
    seen: set[tuple[str, str]] = set()
    number = 0
    for draft in _MAKERS[capability](Random(f"checklist {capability}")):  # noqa: S311  # no secret
        key = (draft.test, draft.item.text)
        if key not in seen:
            seen.add(key)
            number += 1
            yield Case(f"{capability}-{number:03}", capability, draft)


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
