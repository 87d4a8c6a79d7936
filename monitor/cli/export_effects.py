"""`ade-monitor export effects`: adverse effects as a file, chosen by the options of `ade-monitor query`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from monitor.cli.effect_options import (
    BundleVersionOption,
    CodedOption,
    CodingOption,
    DrugOption,
    MinProbabilityOption,
    MinScoreOption,
    PtOption,
    SinceOption,
    TextOption,
    UntilOption,
    effect_filters,
    parse_range,
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
from monitor.cli.group_options import (
    DmeOption,
    HlgtOption,
    HltOption,
    ImeOption,
    ListednessOption,
    SmqOption,
    SocOption,
)

if TYPE_CHECKING:
    from monitor.exports.export_datasets import Dataset
    from monitor.settings import Settings


def export_effects_command(
    context: typer.Context,
    output: OutputOption,
    file_format: FormatOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    pt: PtOption = None,
    text: TextOption = None,
    drug: DrugOption = None,
    min_probability: MinProbabilityOption = None,
    min_score: MinScoreOption = None,
    bundle: BundleVersionOption = None,
    coded: CodedOption = None,
    soc: SocOption = None,
    hlgt: HlgtOption = None,
    hlt: HltOption = None,
    smq: SmqOption = None,
    ime: ImeOption = False,
    dme: DmeOption = False,
    listedness: ListednessOption = None,
    coding: CodingOption = None,
    limit: LimitOption = 0,
    mask: MaskOption = False,
    for_spreadsheet: SpreadsheetOption = False,
    provenance_line: ProvenanceLineOption = False,
    force: ForceOption = False,
    restart: RestartOption = False,
    as_json: AsJson = False,
) -> None:
    """Export adverse effects, newest first: one row for each adverse effect in a tweet.

    Example: [bold]ade-monitor export effects --since 7d --drug zoloft --output effects.xlsx[/]
    """
    chosen: dict[str, Any] = {
        "pt": pt,
        "text": text,
        "drug": drug,
        "min_probability": min_probability,
        "min_score": min_score,
        "bundle": bundle,
        "coded": coded,
        "soc": soc,
        "hlgt": hlgt,
        "hlt": hlt,
        "smq": smq,
        "ime": ime,
        "dme": dme,
        "listedness": listedness,
        "coding": coding,
    }

    def open_dataset(settings: Settings, times: Times) -> Dataset[Any]:
        from monitor.exports.export_datasets import effects_dataset

        filters = effect_filters(
            settings, since=times["since"], until=times["until"], limit=limit or None, **chosen
        )
        return effects_dataset(settings, filters)

    start, end = parse_range(since, until)
    export(
        context,
        ExportOptions(output, file_format, mask, for_spreadsheet, provenance_line, force, restart, as_json),
        {
            "since": since,
            "until": until,
            **chosen,
            "ime": ime or None,
            "dme": dme or None,
            "limit": limit or None,
        },
        {"since": start, "until": end},
        open_dataset,
    )
