"""The audit entries of an export: one before its first text leaves, one each time it goes on, and the last.

An interrupted export leaves texts in a file, too. Its entry has the filters, and no digest. The last entry
names the earlier ones of the same export.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from monitor.exports.destination import ExportFiles
from monitor.exports.export_state import ExportState
from monitor.exports.provenance import provenance_of
from monitor.settings import Settings
from monitor.store.audit import AuditEntry, record_audit, words_digest
from monitor.store.origin import DatabaseOrigin

_AT_START: Final = (
    "dataset",
    "format",
    "filters",
    "times",
    "masked",
    "started_at",
    "system_user",
    "software",
)
_AT_END: Final = (*_AT_START, "rows", "file", "bytes", "sha256", "bundles")


def record_start(
    settings: Settings, destination: ExportFiles, state: ExportState, origin: DatabaseOrigin
) -> int:
    """Append an entry for the latest start of an export, and return its number.

    Raises:
        RetryableError: the database is away or read-only.
        FatalError: the login may not append, or the database was not migrated.
    """
    rows_before = state.runs[-1].rows_before
    details = {
        "phase": "resumed" if state.entries else "started",
        "rows_before": rows_before,
        "file": destination.path.name,
        **_without_words(provenance_of(state, origin, finished_at=None), _AT_START),
    }
    return record_audit(settings, AuditEntry("export", state.request.dataset, details=details))


def record_end(settings: Settings, provenance: Mapping[str, Any], earlier: Sequence[int]) -> int:
    """Append the entry for a whole file, and return its number.

    Args:
        settings: which database.
        provenance: of the file, with its digest.
        earlier: numbers of the entries for its starts.

    Raises:
        RetryableError: the database is away or read-only.
        FatalError: the login may not append, or the database was not migrated.
    """
    details = {"phase": "finished", "earlier": list(earlier), **_without_words(provenance, _AT_END)}
    return record_audit(settings, AuditEntry("export", provenance["dataset"], details=details))


def _without_words(provenance: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return some details. The words that were searched may be a name: their digest stands for them."""
    details = {name: provenance[name] for name in names}
    filters = dict(details["filters"])
    if (words := filters.get("text")) is not None:
        filters["text"] = words_digest(str(words))
    return {**details, "filters": filters}
