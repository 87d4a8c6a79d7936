"""The results of a checklist by capability, and their description in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from training.checklist.cases import Case, Sentence, Test
from training.checklist.verdicts import Answer, CaseVerdict, RaisedError, likeliest_pt
from training.printable import printable

TESTS: Final[tuple[Test, ...]] = get_args(Test)


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
