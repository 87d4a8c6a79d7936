"""The report as Markdown: the table of a model card, and a document with what failed."""

from __future__ import annotations

import re
from typing import Final

from training.checklist.results import TESTS, Capability, ChecklistReport, Outcome, expectation, prediction
from training.printable import shown

HEADINGS: Final = ("capability", *TESTS, "cases", "not counted", "passed", "rate")

# What Markdown or HTML could take for markup.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")

_INTRODUCTION: Final = """\
MFT: the right answer is stated. INV: a change that means nothing must change nothing. DIR: a change must make
a report clearly less likely. INV and DIR count only where the text before the change was judged right.
"""


def checklist_rows(report: ChecklistReport) -> list[tuple[str, ...]]:
    """Give the cells of the table, a capability a row; for each kind of test, passed of counted cases."""
    return [
        (
            one.name,
            *(_share(one.only(test)) for test in TESTS),
            f"{len(one.outcomes):,}",
            f"{len(one.outcomes) - one.counted:,}",
            f"{one.passed:,}",
            f"{one.rate:.1%}",
        )
        for one in report.capabilities
    ]


def checklist_table(report: ChecklistReport) -> str:
    """Give the table as Markdown."""
    lines = [f"| {' | '.join(HEADINGS)} |", f"| --- |{' ---: |' * (len(HEADINGS) - 1)}"]
    lines += [f"| {' | '.join(row)} |" for row in checklist_rows(report)]
    return "\n".join(lines) + "\n"


def checklist_document(report: ChecklistReport, *, failures: int) -> str:
    """Give the whole report as Markdown, with the first `failures` failing cases of each capability."""
    parts = [f"# Checklist of {report.version}\n", _INTRODUCTION, checklist_table(report)]
    for one in report.capabilities:
        failed = one.failures
        if failed and failures:
            parts += [_heading(one), *(_failure(outcome) for outcome in failed[:failures])]
            left = len(failed) - failures
            if left > 0:
                parts.append(f"and {left:,} more\n")
    return "\n".join(parts)


def _share(part: Capability) -> str:
    return f"{part.passed:,}/{part.counted:,}" if part.outcomes else "-"


def _heading(capability: Capability) -> str:
    return f"## {capability.name}: {len(capability.failures):,} of {capability.counted:,} failed\n"


def _failure(failure: Outcome) -> str:
    case = failure.case
    return (
        f"- {case.id}, {case.draft.test}: {_plain(shown(case.draft.item.text))}\n"
        f"  - expected: {_plain(expectation(case))}\n"
        f"  - predicted: {_plain(prediction(failure.answer))}; {_plain(failure.verdict.fault or '')}\n"
    )


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
