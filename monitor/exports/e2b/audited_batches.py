"""The audit entries of a batch: one before its first report is in a file, and one for the whole file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from monitor.exports.destination import ExportFiles
from monitor.exports.e2b.batch_writing import MessageBatch
from monitor.exports.e2b.case_reports import ReportOptions
from monitor.settings import Settings
from monitor.store.audit import AuditEntry, record_audit

AUDITED_IDS: Final = 1_000
"""Most ids of cases in an audit entry; the SHA-256 of the file stands for all of them."""


@dataclass(frozen=True, slots=True)
class AuditedBatch:
    """A batch whose export leaves entries in the audit.

    Attributes:
        settings: which database.
        destination: where the file is written.
        batch: the wrapper of the messages.
        options: how reports are made.
        by_id: True if the cases were named, and not chosen by filters.
    """

    settings: Settings
    destination: ExportFiles
    batch: MessageBatch
    options: ReportOptions
    by_id: bool

    def record_start(self) -> int:
        """Append an entry before the first report is written, and return its number.

        Raises:
            RetryableError: the database is away or read-only.
            FatalError: the login may not append, or the database was not migrated.
        """
        return self._record({"phase": "started"})

    def record_end(
        self, earlier: int, sha256: str, case_ids: Sequence[str], *, reports: int, left_out: int
    ) -> int:
        """Append an entry for the whole file, and return its number.

        Args:
            earlier: number of the entry for its start.
            sha256: of the file.
            case_ids: of the first `AUDITED_IDS` cases.
            reports: number of reports in it.
            left_out: number of cases that were left out.

        Raises:
            RetryableError: the database is away or read-only.
            FatalError: the login may not append, or the database was not migrated.
        """
        return self._record(
            {
                "phase": "finished",
                "earlier": [earlier],
                "sha256": sha256,
                "reports": reports,
                "cases": list(case_ids),
                "left_out": left_out,
            }
        )

    def _record(self, details: dict[str, Any]) -> int:
        of_both = {
            "format": "e2b-r3",
            "file": self.destination.path.name,
            "batch": self.batch.number,
            "production": self.batch.production,
            "by_id": self.by_id,
            "candidates": self.options.candidates,
            "masked": self.options.masked,
            "with_text": self.options.with_text,
        }
        return record_audit(self.settings, AuditEntry("export", "e2b", details={**of_both, **details}))
