"""`ade-monitor export cases`: cases as a file, chosen by the options of `ade-monitor cases list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from monitor.cli.case_options import (
    CaseDrugOption,
    CasePtOption,
    CaseSinceOption,
    DueBeforeOption,
    OwnerOption,
    SeriousOption,
    StatusOption,
    case_filters,
)
from monitor.cli.export_session import (
    AsJson,
    ExportOptions,
    ForceOption,
    FormatOption,
    LimitOption,
    MaskOption,
    OutputOption,
    ProvenanceLineOption,
    RestartOption,
    SpreadsheetOption,
    Times,
    export,
)
from monitor.cli.options import parse_time

if TYPE_CHECKING:
    from monitor.exports.export_datasets import Dataset
    from monitor.settings import Settings


def export_cases_command(
    context: typer.Context,
    output: OutputOption,
    file_format: FormatOption = None,
    status: StatusOption = None,
    drug: CaseDrugOption = None,
    pt: CasePtOption = None,
    owner: OwnerOption = None,
    since: CaseSinceOption = None,
    due_before: DueBeforeOption = None,
    serious: SeriousOption = None,
    limit: LimitOption = 0,
    mask: MaskOption = False,
    for_spreadsheet: SpreadsheetOption = False,
    provenance_line: ProvenanceLineOption = False,
    force: ForceOption = False,
    restart: RestartOption = False,
    as_json: AsJson = False,
) -> None:
    """Export cases, those with the latest post first. `export e2b` makes reports of them.

    Example: [bold]ade-monitor export cases --serious --output cases.csv[/]
    """
    chosen: dict[str, Any] = {"drug": drug, "pt": pt, "owner": owner, "serious": serious}

    def open_dataset(settings: Settings, times: Times) -> Dataset[Any]:
        from monitor.exports.export_datasets import cases_dataset

        filters = case_filters(
            settings,
            statuses=status or (),
            since=times["since"],
            due_before=times["due_before"],
            limit=limit or None,
            **chosen,
        )
        return cases_dataset(settings, filters)

    times = {
        "since": parse_time(since, "--since"),
        "due_before": parse_time(due_before, "--due-before", ahead=True),
    }
    export(
        context,
        ExportOptions(output, file_format, mask, for_spreadsheet, provenance_line, force, restart, as_json),
        {
            "status": status or None,
            "since": since,
            "due_before": due_before,
            **chosen,
            "limit": limit or None,
        },
        times,
        open_dataset,
    )
