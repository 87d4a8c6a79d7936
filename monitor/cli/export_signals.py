"""`ade-monitor export signals`: the table of `ade-monitor signals` as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.effect_options import (
    CodingOption,
    DrugOption,
    PtOption,
    SinceOption,
    UntilOption,
    parse_range,
)
from monitor.cli.export_session import (
    AsJson,
    ExportOptions,
    ForceOption,
    FormatOption,
    OutputOption,
    ProvenanceLineOption,
    SpreadsheetOption,
    Times,
    export,
)
from monitor.cli.group_options import (
    DmeOption,
    HlgtOption,
    HltOption,
    ImeOption,
    ListednessOption,
    SmqOption,
    SocOption,
)
from monitor.cli.options import mistakes_as_usage
from monitor.cli.signal_options import (
    AdjustOption,
    CorrectedOption,
    FirstSeenOption,
    IndicationsOption,
    LangOption,
    LevelOption,
    MethodOption,
    MinCasesOption,
    OnlyOption,
    PlatformOption,
    RisingOption,
    WithoutIndicationsOption,
    request_mistakes,
    request_of,
    window_of,
)
from monitor.cli.signal_tables import print_coverage, print_warnings

if TYPE_CHECKING:
    from monitor.exports.export_datasets import Dataset
    from monitor.settings import Settings
    from monitor.signals.signal_report import SignalReport, SignalRequest


def export_signals_command(
    context: typer.Context,
    output: OutputOption,
    file_format: FormatOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    by: LevelOption = "pt",
    drug: DrugOption = None,
    pt: PtOption = None,
    platform: PlatformOption = None,
    lang: LangOption = None,
    soc: SocOption = None,
    hlgt: HlgtOption = None,
    hlt: HltOption = None,
    smq: SmqOption = None,
    ime: ImeOption = False,
    dme: DmeOption = False,
    listedness: ListednessOption = None,
    coding: CodingOption = None,
    min_cases: MinCasesOption = 3,
    method: MethodOption = "consensus",
    only: OnlyOption = None,
    first_seen: FirstSeenOption = False,
    rising: RisingOption = False,
    adjust: AdjustOption = None,
    indications: IndicationsOption = None,
    without_indications: WithoutIndicationsOption = False,
    corrected: CorrectedOption = False,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="Only the first N; 0 for all.")] = 0,
    for_spreadsheet: SpreadsheetOption = False,
    provenance_line: ProvenanceLineOption = False,
    force: ForceOption = False,
    as_json: AsJson = False,
) -> None:
    """Export the table of signals, with what the field warns of in its provenance.

    The table is small and computed as a whole. So an interrupted export starts from scratch.

    Example: [bold]ade-monitor export signals --since 90d --only signals --output signals.xlsx[/]
    """
    chosen: dict[str, Any] = {
        "by": by,
        "drug": drug,
        "pt": pt,
        "soc": soc,
        "hlgt": hlgt,
        "hlt": hlt,
        "smq": smq,
        "ime": ime,
        "dme": dme,
        "listedness": listedness,
        "min_cases": min_cases,
        "method": method,
        "only": only,
        "first_seen": first_seen,
        "rising": rising,
        "adjust": adjust,
        "without_indications": without_indications,
        "corrected": corrected,
    }
    shown: list[tuple[SignalReport, SignalRequest]] = []

    def open_dataset(settings: Settings, times: Times) -> Dataset[Any]:
        from monitor.exports.signal_dataset import signals_dataset
        from monitor.review.signal_corrections import with_corrections
        from monitor.signals.report_building import read_signals

        window = window_of(times["since"], times["until"], platform, lang, coding)
        request = request_of(settings, window, indications=indications, limit=limit, **chosen)
        report = with_corrections(settings, request, read_signals(settings, request))
        shown.append((report, request))
        return signals_dataset(report)

    start, end = parse_range(since, until)
    # A switch that is off is not a filter.
    written = {name: None if value is False else value for name, value in chosen.items()}
    written |= {"since": since, "until": until, "platform": platform, "lang": lang, "coding": coding}
    written |= {"indications": None if indications is None else indications.name, "limit": limit or None}
    with mistakes_as_usage(*request_mistakes()):
        export(
            context,
            ExportOptions(
                output, file_format, False, for_spreadsheet, provenance_line, force, False, as_json
            ),
            written,
            {"since": start, "until": end},
            open_dataset,
        )
    print_warnings(on_stdout=False)
    print_coverage(*shown[-1])
