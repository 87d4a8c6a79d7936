"""Reports for the tests of E2B(R3): one that lacks nothing, a file of them, and the findings of a check."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from monitor.exports.e2b.batch_writing import MessageBatch, write_batch
from monitor.exports.e2b.check_findings import CheckFinding
from monitor.exports.e2b.checking import E2bCheck
from monitor.exports.e2b.icsr import (
    Outcome,
    Patient,
    Reaction,
    ReportSender,
    SafetyReport,
    Seriousness,
    SuspectDrug,
)

SENDER = ReportSender("Example Pharma", "US", "1", "EXAMPLE", "AUTHORITY", "AUTHORITY_ICSR")
NOW = datetime(2026, 8, 1, 12, 0, 0, tzinfo=UTC)
RECEIVED = datetime(2026, 7, 1, 12, 34, 56, tzinfo=UTC)


def report(number: str = "3f2a9c0011223344") -> SafetyReport:
    """Return a report that uses every field."""
    return SafetyReport(
        number=number,
        received_at=RECEIVED,
        updated_at=RECEIVED,
        reporter_known=True,
        patient=Patient(True, age=(67, "a"), sex="2"),
        reaction=Reaction(
            "10044565", "27.1", "shaky", "eng", frozenset({Seriousness.HOSPITAL}), Outcome.NOT_RECOVERED
        ),
        drug=SuspectDrug("zoloft", ("sertraline",), "50mg", True, True, ("2", "8"), "ATC N06AB06"),
        narrative="day 3 on zoloft and i can't stop shaking",
        comment="Written by a test.",
        linked=("aaaa000011112222",),
        expedited=True,
    )


def batch_of(*reports: SafetyReport, sender: ReportSender = SENDER, now: datetime = NOW) -> bytes:
    """Return a batch of reports as XML."""
    stream = io.BytesIO()
    write_batch(stream, MessageBatch(sender, now), reports)
    return stream.getvalue()


def findings_of(content: bytes, folder: Path, now: datetime = NOW) -> list[CheckFinding]:
    """Return what the check finds in a file with this content."""
    path = folder / "batch.xml"
    path.write_bytes(content)
    return list(E2bCheck(path, now).findings())


def rejected(findings: Iterable[CheckFinding]) -> Sequence[str]:
    """Return the numbers of the data elements that have rejections."""
    return [finding.element for finding in findings if finding.is_rejection]
