"""What all commands of `ade-monitor export` do: checks before any work, progress, and what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.console import counted, print_json, print_line, print_note
from monitor.cli.count_progress import count_progress
from monitor.cli.options import mistakes_as_usage, settings_of

if TYPE_CHECKING:
    from monitor.exports.export_datasets import Dataset
    from monitor.exports.exporting import ExportPlan, FinishedExport
    from monitor.settings import Settings

OutputOption = Annotated[
    Path,
    typer.Option("--output", "-o", metavar="FILE", help="File to write. Its folder must exist."),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="csv, xlsx, parquet or jsonl; by default the extension of the file.",
    ),
]
MaskOption = Annotated[
    bool,
    typer.Option(
        "--mask", help="Mask handles, e-mail addresses, phone numbers, and names in addresses of profiles."
    ),
]
SpreadsheetOption = Annotated[
    bool,
    typer.Option(
        "--spreadsheet", help="CSV for Excel: an apostrophe precedes whatever could start a formula."
    ),
]
ProvenanceLineOption = Annotated[
    bool,
    typer.Option("--provenance-line", help="Start JSON Lines with a line that states where they come from."),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")]
RestartOption = Annotated[
    bool, typer.Option("--restart", help="Discard an unfinished export to this file, and start from scratch.")
]
LimitOption = Annotated[int, typer.Option("--limit", "-n", min=0, help="Only the newest N; 0 for all.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the provenance as JSON.")]

Times = Mapping[str, datetime | None]
"""What the times of the options stand for, by the names of the options."""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The options of a file, which all exports share."""

    output: Path
    format_name: str | None
    mask: bool
    for_spreadsheet: bool
    provenance_line: bool
    force: bool
    restart: bool
    as_json: bool


def export(
    context: typer.Context,
    options: ExportOptions,
    written: Mapping[str, Any],
    times: Times,
    open_dataset: Callable[[Settings, Times], Dataset[Any]],
) -> None:
    """Run an export and print what was written.

    Args:
        context: of the command.
        options: of the file.
        written: the options that choose rows, as the user wrote them; None for one that is not set.
        times: what the times of the options stand for now. An unfinished export keeps its own.
        open_dataset: returns the rows, with the times that count.

    Raises:
        typer.BadParameter: an option is wrong, or does not fit the format.
        MonitorError: the export fails.
    """
    from monitor.exports.destination import check_destination
    from monitor.exports.errors import ExportError
    from monitor.exports.file_formats import ExportFormat, format_of

    with mistakes_as_usage(ExportError):
        file_format = format_of(options.output, options.format_name)
        destination = check_destination(options.output, force=options.force)
    if options.for_spreadsheet and file_format is not ExportFormat.CSV:
        raise typer.BadParameter("--spreadsheet is for csv; other formats have no formulas")
    if options.provenance_line and file_format is not ExportFormat.JSONL:
        raise typer.BadParameter("--provenance-line is for jsonl; xlsx and parquet have it in the file")
    settings = settings_of(context)
    dataset = open_dataset(settings, times)
    plan = _plan(settings, options, dataset, file_format.value, written, times, destination)
    kept = {name: _time(plan.state.times.get(name)) for name in times}
    if kept != dict(times):
        dataset = open_dataset(settings, kept)
    _report(options, _run(settings, plan, dataset))


def _plan(
    settings: Settings,
    options: ExportOptions,
    dataset: Dataset[Any],
    file_format: str,
    written: Mapping[str, Any],
    times: Times,
    destination: Any,
) -> ExportPlan:
    from monitor.exports.export_state import ExportRequest
    from monitor.exports.exporting import plan_export
    from monitor.store.origin import count_erased_rows, read_origin

    origin = read_origin(settings)
    request = ExportRequest(
        dataset=dataset.name,
        file_format=file_format,
        filters={name: value for name, value in written.items() if value is not None},
        masked=options.mask,
        for_spreadsheet=options.for_spreadsheet,
        with_provenance=options.provenance_line,
        database=origin.database,
        columns=[column.name for column in dataset.columns],
    )
    stated = {name: time.isoformat() for name, time in times.items() if time is not None}
    erased_rows = count_erased_rows(settings)
    restart = options.restart or not dataset.is_resumable
    return plan_export(request, destination, origin, stated, erased_rows=erased_rows, restart=restart)


def _run(settings: Settings, plan: ExportPlan, dataset: Dataset[Any]) -> FinishedExport:
    from monitor.exports.exporting import run_export

    if plan.discarded_rows:
        print_note(
            f"starting from scratch: posts were erased after {plan.discarded_rows:,} {dataset.unit} "
            "had been exported"
        )
    if plan.is_resumed:
        first = plan.state.runs[0].started_at
        print_note(f"going on after {plan.state.rows:,} {dataset.unit} of the export that started at {first}")
    try:
        with count_progress(None, dataset.unit) as advance:
            return run_export(settings, plan, dataset, advance)
    except KeyboardInterrupt:
        if dataset.is_resumable:
            print_note(
                f"stopped; the same command goes on, and --restart starts {plan.destination.path} again"
            )
        raise


def _report(options: ExportOptions, finished: FinishedExport) -> None:
    provenance = finished.provenance
    if options.as_json:
        print_json(provenance)
    else:
        unit = provenance["dataset"].removesuffix("s")
        print_line(f"{options.output}: {counted(provenance['rows'], unit)}, SHA-256 {provenance['sha256']}")
    if finished.cut_cells:
        print_note(
            f"{counted(finished.cut_cells, 'cell')} had more than 32,767 characters and were cut: "
            "csv, parquet and jsonl have them whole"
        )
    if not provenance["rows"]:
        print_note("nothing in the database matches")


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
