"""Cases and predictions in words, for people who read a report.

What came of a checklist, by capability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from training.checklist.cases import Case, Sentence, Test
from training.checklist.verdicts import Answer, Raised, Verdict, best_pt
from training.printable import shown


def expectation(case: Case) -> str:
    """Say what a case demands."""
    base = case.draft.base
    if base is None:
        return _stated(case.draft.item)
    if case.draft.test == "DIR":
        return f"clearly less likely than: {shown(base.text)}"
    return f"as for: {shown(base.text)}"


def prediction(answer: Answer) -> str:
    """Say what a scorer made of a text."""
    if isinstance(answer, Raised):
        return f"raised {answer.error}"
    spans = []
    for mention in answer.mentions:
        best = best_pt(mention)
        name = best[1] if best else "no code"
        spans.append(f"{shown(mention.text)!r} ({name}{'' if mention.ptid else ', unsure'})")
    return f"{answer.label} {answer.probability:.3f}{': ' if spans else ''}{', '.join(spans)}"


def _stated(sentence: Sentence) -> str:
    effects = []
    for effect in sentence.effects:
        names = f" ({' or '.join(effect.names)})" if effect.names else ""
        effects.append(f"{shown(sentence.text[effect.start : effect.end])!r}{names}")
    return f"{sentence.label}{': ' if effects else ''}{', '.join(effects)}"


TESTS: Final[tuple[Test, ...]] = get_args(Test)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case, the answer to its text and the verdict on it."""

    case: Case
    answer: Answer
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Capability:
    """The outcomes of a capability's cases.

    Attributes:
        name: the capability.
        outcomes: of all its cases, in their order.
    """

    name: str
    outcomes: tuple[Outcome, ...]

    @property
    def counted(self) -> int:
        """Cases that count: all but changes of a base that was misjudged."""
        return sum(one.verdict.uncounted is None for one in self.outcomes)

    @property
    def failures(self) -> list[Outcome]:
        """Cases that failed."""
        return [one for one in self.outcomes if one.verdict.fault is not None]

    @property
    def passed(self) -> int:
        """Cases that passed."""
        return self.counted - len(self.failures)

    @property
    def rate(self) -> float:
        """Share of the counted cases that passed; 0 where none counts."""
        return self.passed / self.counted if self.counted else 0.0

    def only(self, test: Test) -> Capability:
        """Take the cases of one kind of test."""
        return Capability(self.name, tuple(one for one in self.outcomes if one.case.draft.test == test))


@dataclass(frozen=True, slots=True)
class ChecklistReport:
    """The outcomes of all capabilities.

    Attributes:
        version: of the scorer.
        capabilities: in the order of `CAPABILITIES`.
    """

    version: str
    capabilities: tuple[Capability, ...]

    def below(self, rate: float) -> list[Capability]:
        """Give the capabilities with a lower pass rate."""
        return [one for one in self.capabilities if one.rate < rate]

    def to_json(self, *, failures: bool = True) -> dict[str, Any]:
        """Give all as a document: counts and rates, in full and by kind of test; texts are escaped.

        Args:
            failures: name each failing case as well.
        """
        return {
            "version": self.version,
            "capabilities": [_document(one, failures=failures) for one in self.capabilities],
        }


def _document(capability: Capability, *, failures: bool) -> dict[str, Any]:
    parts = {test: capability.only(test) for test in TESTS}
    document = {
        "name": capability.name,
        **_counts(capability),
        "tests": {test: _counts(part) for test, part in parts.items() if part.outcomes},
    }
    return {**document, "failures": _failures(capability.failures)} if failures else document


def _counts(capability: Capability) -> dict[str, Any]:
    return {
        "cases": len(capability.outcomes),
        "counted": capability.counted,
        "passed": capability.passed,
        "rate": round(capability.rate, 4),
    }


def _failures(failures: Sequence[Outcome]) -> list[dict[str, str | None]]:
    return [
        {
            "id": one.case.id,
            "test": one.case.draft.test,
            "text": shown(one.case.draft.item.text),
            "expected": expectation(one.case),
            "predicted": prediction(one.answer),
            "fault": one.verdict.fault,
        }
        for one in failures
    ]
