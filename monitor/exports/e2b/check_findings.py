"""What is wrong with an E2B(R3) file: the data element, its place, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from monitor.exports.e2b.oids import MESSAGE


class CheckSeverity(StrEnum):
    """What a receiver does with a message that has such a finding."""

    REJECTION = "rejection"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """Something that is wrong.

    Attributes:
        element: number of the data element, such as "E.i.7"; "XML" for the file itself.
        problem: what is wrong, without text of the report.
        advice: what to do about it.
        path: XPath of the place; names have no prefix.
        line: line of the place in the file, from 1; 0 if it is not known.
        severity: what a receiver does.
    """

    element: str
    problem: str
    advice: str
    path: str
    line: int
    severity: CheckSeverity = CheckSeverity.REJECTION

    @property
    def is_rejection(self) -> bool:
        """True if a receiver refuses the message."""
        return self.severity is CheckSeverity.REJECTION


@dataclass(frozen=True, slots=True)
class XmlPlace:
    """Where an element of the XML is.

    Attributes:
        path: its XPath; names have no prefix.
        line: its line.
    """

    path: str
    line: int

    def finding(
        self, element: str, problem: str, advice: str, severity: CheckSeverity = CheckSeverity.REJECTION
    ) -> CheckFinding:
        """Return a finding at this place."""
        return CheckFinding(element, problem, advice, self.path, self.line, severity)


def xml_place(node: Any, message: int = 0) -> XmlPlace:
    """Return the place of an element.

    Args:
        node: an element of lxml.
        message: number of the message that it is in, from 1: earlier ones are not in memory any more.
    """
    steps = []
    for each in (node, *node.iterancestors()):
        name = str(each.tag).rpartition("}")[2]
        if each.tag == MESSAGE and message:
            steps.append(f"{name}[{message}]")
            continue
        earlier = sum(1 for _ in each.itersiblings(each.tag, preceding=True))
        has_twin = earlier or next(each.itersiblings(each.tag), None) is not None
        steps.append(f"{name}[{earlier + 1}]" if has_twin else name)
    return XmlPlace("/" + "/".join(reversed(steps)), node.sourceline or 0)


def finding_record(finding: CheckFinding) -> Mapping[str, str | int]:
    """Return a finding as a JSON object."""
    return {
        "element": finding.element,
        "severity": finding.severity.value,
        "problem": finding.problem,
        "advice": finding.advice,
        "path": finding.path,
        "line": finding.line,
    }
