"""The results of a checklist by capability, as JSON, as Markdown and in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from training.checklist.cases import Case, Sentence, Test, printable
from training.checklist.verdicts import Answer, CaseVerdict, RaisedError, likeliest_pt

TESTS: Final[tuple[Test, ...]] = get_args(Test)
CHECKLIST_HEADINGS: Final = ("capability", *TESTS, "cases", "not counted", "passed", "rate")

# Characters that Markdown or HTML could take for markup.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")

_INTRODUCTION: Final = """\
MFT: the right answer is stated. INV: a change that means nothing must change nothing. DIR: a change must make
a report clearly less likely. INV and DIR count only if the prediction before the change is right.
"""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case, the answer to its text and the verdict on it."""

    case: Case
    answer: Answer
    verdict: CaseVerdict


@dataclass(frozen=True, slots=True)
class Capability:
    """The results of the cases of a capability.

    Attributes:
        name: the capability.
        results: of all its cases, in their order.
    """

    name: str
    results: tuple[CaseResult, ...]

    @property
    def counted(self) -> int:
        """Number of cases that count: all but changes of a base with a wrong prediction."""
        return sum(result.verdict.uncounted is None for result in self.results)

    @property
    def failures(self) -> list[CaseResult]:
        """Cases that failed."""
        return [result for result in self.results if result.verdict.fault is not None]

    @property
    def passed(self) -> int:
        """Number of cases that passed."""
        return self.counted - len(self.failures)

    @property
    def rate(self) -> float:
        """Share of the counted cases that passed; 0 if none counts."""
        return self.passed / self.counted if self.counted else 0.0

    def only(self, test: Test) -> Capability:
        """Return the results of one kind of test."""
        return Capability(
            self.name, tuple(result for result in self.results if result.case.draft.test == test)
        )


@dataclass(frozen=True, slots=True)
class ChecklistReport:
    """The results of all capabilities.

    Attributes:
        version: of the scorer.
        capabilities: in the order of `CAPABILITIES`.
    """

    version: str
    capabilities: tuple[Capability, ...]

    def below(self, rate: float) -> list[Capability]:
        """Return the capabilities with a lower pass rate."""
        return [capability for capability in self.capabilities if capability.rate < rate]

    def to_json(self, *, failures: bool = True) -> dict[str, Any]:
        """Return counts and rates of each capability, in total and by kind of test, JSON-ready.

        Args:
            failures: include each failing case; odd characters of its text are escaped.
        """
        return {
            "version": self.version,
            "capabilities": [
                _capability_json(capability, failures=failures) for capability in self.capabilities
            ],
        }


def describe_expectation(case: Case) -> str:
    """Return what a case demands, in words."""
    base = case.draft.base
    if base is None:
        return _describe_sentence(case.draft.sentence)
    if case.draft.test == "DIR":
        return f"clearly less likely than: {printable(base.text)}"
    return f"as for: {printable(base.text)}"


def describe_answer(answer: Answer) -> str:
    """Return what a scorer made of a text, in words."""
    if isinstance(answer, RaisedError):
        return f"raised {answer.error}"
    spans = []
    for mention in answer.mentions:
        pt = likeliest_pt(mention)
        name = pt[1] if pt else "no code"
        spans.append(f"{printable(mention.text)!r} ({name}{'' if mention.ptid else ', unsure'})")
    return f"{answer.label} {answer.probability:.3f}{': ' if spans else ''}{', '.join(spans)}"


def _describe_sentence(sentence: Sentence) -> str:
    effects = []
    for effect in sentence.effects:
        names = f" ({' or '.join(effect.names)})" if effect.names else ""
        effects.append(f"{printable(sentence.text[effect.start : effect.end])!r}{names}")
    return f"{sentence.label}{': ' if effects else ''}{', '.join(effects)}"


def _capability_json(capability: Capability, *, failures: bool) -> dict[str, Any]:
    parts = {test: capability.only(test) for test in TESTS}
    document = {
        "name": capability.name,
        **_counts(capability),
        "tests": {test: _counts(part) for test, part in parts.items() if part.results},
    }
    return {**document, "failures": _failures_json(capability.failures)} if failures else document


def _counts(capability: Capability) -> dict[str, Any]:
    return {
        "cases": len(capability.results),
        "counted": capability.counted,
        "passed": capability.passed,
        "rate": round(capability.rate, 4),
    }


def _failures_json(failures: Sequence[CaseResult]) -> list[dict[str, str | None]]:
    return [
        {
            "id": failure.case.id,
            "test": failure.case.draft.test,
            "text": printable(failure.case.draft.sentence.text),
            "expected": describe_expectation(failure.case),
            "predicted": describe_answer(failure.answer),
            "fault": failure.verdict.fault,
        }
        for failure in failures
    ]


def checklist_rows(report: ChecklistReport) -> list[tuple[str, ...]]:
    """Return the cells of the table, one row per capability; kinds of test as passed/counted cases."""
    return [
        (
            capability.name,
            *(_passed_of_counted(capability.only(test)) for test in TESTS),
            f"{len(capability.results):,}",
            f"{len(capability.results) - capability.counted:,}",
            f"{capability.passed:,}",
            f"{capability.rate:.1%}",
        )
        for capability in report.capabilities
    ]


def checklist_table(report: ChecklistReport) -> str:
    """Return the table as Markdown."""
    lines = [f"| {' | '.join(CHECKLIST_HEADINGS)} |", f"| --- |{' ---: |' * (len(CHECKLIST_HEADINGS) - 1)}"]
    lines += [f"| {' | '.join(row)} |" for row in checklist_rows(report)]
    return "\n".join(lines) + "\n"


def checklist_document(report: ChecklistReport, *, failures: int) -> str:
    """Return the whole report as Markdown, with the first `failures` failing cases of each capability."""
    parts = [f"# Checklist of {report.version}\n", _INTRODUCTION, checklist_table(report)]
    for capability in report.capabilities:
        failed = capability.failures
        if failed and failures:
            parts.append(f"## {capability.name}: {len(failed):,} of {capability.counted:,} failed\n")
            parts += [_failure(result) for result in failed[:failures]]
            left = len(failed) - failures
            if left > 0:
                parts.append(f"and {left:,} more\n")
    return "\n".join(parts)


def _passed_of_counted(capability: Capability) -> str:
    return f"{capability.passed:,}/{capability.counted:,}" if capability.results else "-"


def _failure(failure: CaseResult) -> str:
    case = failure.case
    return (
        f"- {case.id}, {case.draft.test}: {_escaped(printable(case.draft.sentence.text))}\n"
        f"  - expected: {_escaped(describe_expectation(case))}\n"
        f"  - predicted: {_escaped(describe_answer(failure.answer))}; "
        f"{_escaped(failure.verdict.fault or '')}\n"
    )


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
