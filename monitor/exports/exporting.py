"""An export from its first audit entry to its name: rows, the whole file, its digest, the last entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from models.terminal import json_line
from monitor.exports.audited_exports import record_end, record_start
from monitor.exports.destination import ExportFiles, sync, writing_errors
from monitor.exports.errors import ExportError
from monitor.exports.export_datasets import Dataset
from monitor.exports.export_state import ExportRequest, ExportState
from monitor.exports.file_formats import ExportFormat, conversion_of, lines_of, read_exported
from monitor.exports.provenance import file_digest, provenance_of, write_provenance
from monitor.exports.unfinished import UnfinishedRows, remove_unfinished, unfinished_state
from monitor.settings import Settings
from monitor.store.origin import DatabaseOrigin

Advance = Callable[[int], None]
"""Called with the number of further rows."""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """An export that may start.

    Attributes:
        request: what is exported.
        destination: where to.
        origin: the database.
        state: how far it is.
        discarded_rows: number of rows of an earlier run that are discarded, because posts were erased since;
            None if there are none.
    """

    request: ExportRequest
    destination: ExportFiles
    origin: DatabaseOrigin
    state: ExportState
    discarded_rows: int | None = None

    @property
    def is_resumed(self) -> bool:
        """True if an earlier run has started it."""
        return len(self.state.runs) > 1


@dataclass(frozen=True, slots=True)
class FinishedExport:
    """What an export has written.

    Attributes:
        provenance: as in its file.
        audit_number: of the audit entry.
        cut_cells: number of cells that were too long for a workbook.
    """

    provenance: Mapping[str, Any]
    audit_number: int
    cut_cells: int


def plan_export(
    request: ExportRequest,
    destination: ExportFiles,
    origin: DatabaseOrigin,
    times: Mapping[str, str],
    *,
    erased_rows: int,
    restart: bool = False,
) -> ExportPlan:
    """Return a new export, or an unfinished one that goes on.

    If posts were erased since an unfinished one started, its rows may have them. Then it starts from scratch.

    Args:
        request: what is exported.
        destination: where to.
        origin: the database.
        times: what the times of the filters stand for now; an unfinished export keeps its own.
        erased_rows: of `count_erased_rows`, read before the rows are.
        restart: discard an unfinished export.

    Raises:
        ExportError: an unfinished export with other options is there, or the library of the format is
            missing.
    """
    conversion = conversion_of(ExportFormat(request.file_format))
    if conversion is not None:
        conversion.require()
    if restart:
        remove_unfinished(destination)
    state, discarded = unfinished_state(destination), None
    if state is None:
        state = ExportState(request, times, erased_rows)
    elif differences := state.request.differences(request):
        raise ExportError(
            f"an unfinished export to {destination.path} has other options ({', '.join(differences)})",
            "repeat its command, choose another name, or discard it with --restart",
        )
    elif state.erased_rows != erased_rows:
        discarded = state.rows
        state = ExportState(request, state.times, erased_rows)
    return ExportPlan(request, destination, origin, state.started_again(_now()), discarded)


def run_export(
    settings: Settings,
    plan: ExportPlan,
    dataset: Dataset[Any],
    advance: Advance,
    *,
    convert_advance: Advance | None = None,
) -> FinishedExport:
    """Append an audit entry, read the rows, write the file, append the last entry, and give it its name.

    After an error or Ctrl-C, the rows so far stay, and the same export goes on after them.

    Args:
        settings: which database.
        plan: of the export.
        dataset: where the rows are from.
        advance: called for each row that is read.
        convert_advance: called for each row that is written to a workbook or to Parquet.

    Raises:
        ExportError: the file cannot be written.
        RetryableError: the database is away.
        FatalError: the database refuses.
    """
    with UnfinishedRows(plan.destination, plan.state) as unfinished:
        # First the entry: without it, no text leaves the database.
        unfinished.note_entry(record_start(settings, plan.destination, plan.state, plan.origin))
        if not unfinished.state.is_complete:
            _read_rows(plan, dataset, unfinished, advance)
            unfinished.complete()
        provenance = provenance_of(unfinished.state, plan.origin, finished_at=_now()) | dict(dataset.facts)
        with writing_errors(plan.destination.path):
            try:
                cut_cells = _make_file(plan, dataset, provenance, convert_advance or _ignore)
                return _publish(settings, plan, provenance, cut_cells, unfinished.state.entries)
            finally:
                plan.destination.new.unlink(missing_ok=True)


def _read_rows(plan: ExportPlan, dataset: Dataset[Any], unfinished: UnfinishedRows, advance: Advance) -> None:
    request = plan.request
    lines = lines_of(
        ExportFormat(request.file_format), dataset.columns, for_spreadsheet=request.for_spreadsheet
    )
    header = lines.header()
    if request.with_provenance:
        provenance = provenance_of(plan.state, plan.origin, finished_at=None) | dict(dataset.facts)
        header = json_line({"provenance": provenance}) + "\n"
    unfinished.start(header)
    cells_of = attrgetter(*(column.name for column in dataset.columns))
    for row in dataset.read(unfinished.state.key, unfinished.state.rows):
        shown = dataset.masked(row) if request.masked else row
        unfinished.append(lines.line(cells_of(shown)), dataset.key_of(row), dataset.bundle_of(row))
        advance(1)


def _make_file(plan: ExportPlan, dataset: Dataset[Any], provenance: dict[str, Any], advance: Advance) -> int:
    """Make the whole file unless the rows are it, and return the number of cells that were cut."""
    destination = plan.destination
    conversion = conversion_of(ExportFormat(plan.request.file_format))
    if conversion is None:
        return 0
    rows = _counted(read_exported(destination.rows, dataset.columns), advance)
    return conversion.write(destination.new, dataset.columns, rows, provenance)


def _publish(
    settings: Settings, plan: ExportPlan, provenance: dict[str, Any], cut_cells: int, entries: Sequence[int]
) -> FinishedExport:
    """Append the last audit entry, then give the files their names."""
    destination = plan.destination
    is_made = conversion_of(ExportFormat(plan.request.file_format)) is not None
    whole = destination.new if is_made else destination.rows
    sync(whole)
    digest = file_digest(whole)
    provenance |= {
        "cut_cells": cut_cells,
        "file": destination.path.name,
        "bytes": digest.size,
        "sha256": digest.sha256,
    }
    number = record_end(settings, provenance, entries)
    provenance["audit_entry"] = number
    write_provenance(destination.provenance, provenance)
    whole.replace(destination.path)
    destination.state.unlink(missing_ok=True)
    destination.rows.unlink(missing_ok=True)
    sync(destination.path.parent)
    return FinishedExport(provenance, number, cut_cells)


def _counted(rows: Iterator[list[Any]], advance: Advance) -> Iterator[list[Any]]:
    for row in rows:
        yield row
        advance(1)


def _ignore(_rows: int) -> None:
    pass


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
