"""The report as Markdown: the table of a model card, and a document with the failures."""

from __future__ import annotations

import re
from typing import Final

from training.checklist.results import (
    TESTS,
    Capability,
    CaseResult,
    ChecklistReport,
    describe_answer,
    describe_expectation,
)
from training.printable import printable

CHECKLIST_HEADINGS: Final = ("capability", *TESTS, "cases", "not counted", "passed", "rate")

# Characters that Markdown or HTML could take for markup.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")

_INTRODUCTION: Final = """\
MFT: the right answer is stated. INV: a change that means nothing must change nothing. DIR: a change must make
a report clearly less likely. INV and DIR count only if the prediction before the change is right.
"""


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
