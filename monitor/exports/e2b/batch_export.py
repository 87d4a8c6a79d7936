"""Export cases as an E2B(R3) batch: written under another name, checked, audited, and then given its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from monitor.errors import SettingsError
from monitor.exports.destination import ExportFiles, sync, writing_errors
from monitor.exports.e2b.audited_batches import AUDITED_IDS, AuditedBatch
from monitor.exports.e2b.batch_writing import MessageBatch, write_batch
from monitor.exports.e2b.case_reports import LeftOut, ReportOptions, report_of
from monitor.exports.e2b.case_rows import CaseRows, read_cases
from monitor.exports.e2b.check_findings import CheckFinding
from monitor.exports.e2b.checking import E2bCheck
from monitor.exports.e2b.errors import E2bError
from monitor.exports.e2b.icsr import ReportSender, SafetyReport
from monitor.exports.e2b.schema_check import schema_findings
from monitor.exports.provenance import file_digest
from monitor.private_files import open_private_bytes
from monitor.settings import E2bSettings, Settings
from monitor.store.cases import CaseFilters

_REQUIRED: Final = ("organization", "country", "sender_id", "receiver_id")


@dataclass(frozen=True, slots=True)
class CaseSelection:
    """Which cases are exported.

    Attributes:
        names: ids of cases, or their first digits; if there are none, all that pass the filters.
        filters: which cases.
    """

    names: tuple[str, ...] = ()
    filters: CaseFilters = field(default_factory=CaseFilters)


@dataclass(frozen=True, slots=True)
class ExportedBatch:
    """What an export has written.

    Attributes:
        written: number of reports.
        left_out: number of cases that were left out, by the reason.
        candidates: how many of them are candidates.
        findings: what the check found; only warnings.
        sha256: of the file.
        audit_number: number of the audit entry.
    """

    written: int
    left_out: Counter[str]
    candidates: int
    findings: Sequence[CheckFinding]
    sha256: str
    audit_number: int


def sender_of(settings: E2bSettings) -> ReportSender:
    """Return the sender of the settings.

    Raises:
        SettingsError: the settings do not name one.
    """
    missing = [name for name in _REQUIRED if not getattr(settings, name)]
    if missing:
        names = ", ".join(f"e2b.{name}" for name in missing)
        variables = ", ".join(f"ADE_E2B__{name.upper()}" for name in missing)
        are = "is" if len(missing) == 1 else "are"
        raise SettingsError(f"{names} {are} not set, so no sender can be written", f"set {variables}")
    return ReportSender(
        organization=settings.organization or "",
        country=settings.country or "",
        kind=settings.sender_type,
        sender_id=settings.sender_id or "",
        receiver_id=settings.receiver_id or "",
        message_receiver_id=settings.message_receiver_id or settings.receiver_id or "",
    )


def meddra_version(settings: E2bSettings, releases: Iterable[str]) -> str:
    """Return the version of MedDRA that effects are coded by.

    Args:
        settings: may state it.
        releases: of the terminology that are imported.

    Raises:
        SettingsError: neither states one, or the imported release has another kind of version.
    """
    if settings.meddra_version:
        return settings.meddra_version
    known = list(releases)
    if len(known) == 1 and E2bSettings.is_version(known[0]):
        return known[0]
    problem = f"the imported release is '{known[0]:.20}'" if known else "no release of MedDRA is imported"
    raise SettingsError(
        f"{problem}, and E2B(R3) needs the version of the codes",
        "set ADE_E2B__MEDDRA_VERSION to it, for example 27.1",
    )


def export_batch(
    settings: Settings,
    selection: CaseSelection,
    options: ReportOptions,
    destination: ExportFiles,
    *,
    production: bool = False,
    schema: Any = None,
    advance: Callable[[int], None] = lambda _: None,
) -> ExportedBatch:
    """Write, check and audit a batch. If anything fails, no file is left.

    The audit gets an entry before the first report is written, and one for the whole file.

    Args:
        settings: the database and the sender.
        selection: which cases.
        options: how reports are made.
        destination: where to.
        production: False marks each message as a test.
        schema: schema of `load_schema` that the file must follow, too, or None.
        advance: called for each case that was read.

    Raises:
        E2bError: nothing can be written, or the check found a rejection.
        ExportError: the file cannot be written.
        SettingsError: no sender is set.
        UnknownCaseError: no case has one of the ids.
        RetryableError: the database is away.
        FatalError: the database refuses.
    """
    batch = MessageBatch(sender_of(settings.e2b), datetime.now(UTC), production)
    cases = read_cases(settings, selection.names, selection.filters)
    audited = AuditedBatch(settings, destination, batch, options, by_id=bool(selection.names))
    reports = _Reports(cases, options, advance, audited.record_start)
    with writing_errors(destination.path):
        try:
            with open_private_bytes(destination.new) as stream:
                written = write_batch(stream, batch, reports)
            if not written:
                raise nothing_written(reports)
            findings = _checked(destination.new, schema)
            return _publish(destination, audited, reports, findings)
        finally:
            destination.new.unlink(missing_ok=True)


class _Reports:
    """The reports of cases, and what was left out.

    Args:
        cases: the cases.
        options: how reports are made.
        advance: called for each case.
        record_start: called before the first report; returns the number of the audit entry.
    """

    def __init__(
        self,
        cases: Iterator[CaseRows],
        options: ReportOptions,
        advance: Callable[[int], None],
        record_start: Callable[[], int],
    ) -> None:
        self.left_out: Counter[str] = Counter()
        self.candidates = 0
        self.written = 0
        self.first_ids: list[str] = []
        self.entry: int | None = None
        self._cases, self._options, self._advance = cases, options, advance
        self._record_start = record_start

    def __iter__(self) -> Iterator[SafetyReport]:
        for case in self._cases:
            report = report_of(case, self._options)
            self._advance(1)
            if isinstance(report, LeftOut):
                self.left_out[report.reason] += 1
                self.candidates += report.is_candidate
                continue
            if self.entry is None:
                self.entry = self._record_start()
            self.written += 1
            if len(self.first_ids) < AUDITED_IDS:
                self.first_ids.append(report.number)
            yield report


def nothing_written(reports: _Reports) -> E2bError:
    """Return the error for a batch without a report, with the reasons."""
    if not reports.left_out:
        return E2bError("no case matches", "`ade-monitor cases list` shows the cases")
    reasons = [
        f"  {number:,} {'case' if number == 1 else 'cases'}: {reason}"
        for reason, number in reports.left_out.most_common(5)
    ]
    advice = "--candidates writes candidates as a test; they are not valid reports"
    if not reports.candidates:
        advice = "`ade-monitor cases show` shows what is missing"
    return E2bError("\n".join(["no case can be written", *reasons, advice]))


def _checked(path: Path, schema: Any) -> list[CheckFinding]:
    """Return the warnings of the check.

    Raises:
        E2bError: the check found a rejection.
    """
    findings = list(E2bCheck(path).findings())
    if schema is not None:
        findings += schema_findings(path, schema)
    for finding in findings:
        if finding.is_rejection:
            where = f"{finding.element}, line {finding.line}"
            raise E2bError(
                f"the batch does not pass its check: {where}: {finding.problem}",
                "no file was written; please report this as a bug",
            )
    return findings


def _publish(
    destination: ExportFiles, audited: AuditedBatch, reports: _Reports, findings: list[CheckFinding]
) -> ExportedBatch:
    """Append the last audit entry, then give the file its name."""
    assert reports.entry is not None  # noqa: S101 - there is a report
    sync(destination.new)
    digest = file_digest(destination.new)
    left_out = sum(reports.left_out.values())
    number = audited.record_end(
        reports.entry, digest.sha256, reports.first_ids, reports=reports.written, left_out=left_out
    )
    destination.new.replace(destination.path)
    sync(destination.path.parent)
    return ExportedBatch(
        reports.written, reports.left_out, reports.candidates, findings, digest.sha256, number
    )
