"""`ade-monitor signals`: pairs of a drug and an event that are reported more often than expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.console import counted, print_line, print_note, status_line
from monitor.cli.effect_options import (
    CodingOption,
    DrugOption,
    PtOption,
    SinceOption,
    UntilOption,
    note_coding,
    parse_range,
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
from monitor.cli.options import chosen_drugs, mistakes_as_usage, settings_of
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
from monitor.cli.signal_tables import print_coverage, print_warnings, write_csv, write_json_lines, write_table

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.signals.signal_report import SignalRequest

signals_app = typer.Typer(
    help="Pairs of a drug and an event that are reported more often than expected.",
    invoke_without_command=True,
)

AsJson = Annotated[bool, typer.Option("--json", help="JSON Lines: one object for each row.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV with a header; numbers have a point.")]


@signals_app.callback()
def signals_command(
    context: typer.Context,
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
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Show only the first N; 0 for all.")
    ] = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show pairs of a drug and an event, those first that are the most disproportional.

    Cases are counted, not posts. Filters choose which pairs are shown. Only --since, --until, --platform,
    --lang, --coding and --without-indications choose what is counted.

    Example: [bold]ade-monitor signals --since 90d --drug zoloft --only signals[/]
    """
    if context.invoked_subcommand is not None:
        return
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other: choose one")
    window = window_of(*parse_range(since, until), platform, lang, coding)
    settings = settings_of(context)
    with mistakes_as_usage(*request_mistakes()):
        request = request_of(
            settings,
            window,
            by=by,
            drug=drug,
            pt=pt,
            soc=soc,
            hlgt=hlgt,
            hlt=hlt,
            smq=smq,
            ime=ime,
            dme=dme,
            listedness=listedness,
            min_cases=min_cases,
            method=method,
            only=only,
            first_seen=first_seen,
            rising=rising,
            adjust=adjust,
            indications=indications,
            without_indications=without_indications,
            corrected=corrected,
            limit=limit,
        )
        _show(settings, request, as_json=as_json, as_csv=as_csv)


def _show(settings: Settings, request: SignalRequest, *, as_json: bool, as_csv: bool) -> None:
    from monitor.review.signal_corrections import with_corrections
    from monitor.signals.report_building import read_signals

    report = with_corrections(settings, request, read_signals(settings, request))
    if as_json:
        write_json_lines(report)
    elif as_csv:
        write_csv(report)
    else:
        write_table(report, request.method)
    print_warnings(on_stdout=not (as_json or as_csv))
    print_coverage(report, request)


@signals_app.command("refresh")
def refresh_command(
    context: typer.Context,
    every_day: Annotated[
        bool, typer.Option("--all", help="Count all days again, not only those whose cases have changed.")
    ] = False,
) -> None:
    """Count the cases of all days again that have changed since the last refresh.

    The login needs the rights of ade_admin. What is finished stays if the command is interrupted.

    Example: [bold]ade-monitor signals refresh[/]
    """
    from monitor.store.signals import refresh_counts

    settings = settings_of(context)
    with status_line("looking for changed days") as show:
        refreshed = refresh_counts(
            settings,
            every_day=every_day,
            advance=lambda done, days: show(f"{done:,} of {counted(days, 'day')} are counted"),
        )
    if refreshed.days:
        print_line(f"counted {counted(refreshed.cases, 'case')} of {counted(refreshed.days, 'day')}")
    else:
        print_note("no case has changed since the last refresh")
    if refreshed.late_cases:
        print_note(
            f"{counted(refreshed.late_cases, 'case')} of {counted(refreshed.late_days, 'final day')} came "
            "after retention had removed posts of these days: their counts stay without them"
        )


@signals_app.command("series")
def series_command(
    context: typer.Context,
    drug: Annotated[str, typer.Argument(metavar="DRUG", help="A drug, by any of its names.")],
    pt: Annotated[str, typer.Argument(metavar="PT", help="MedDRA PT: its code, or its name in any case.")],
    since: SinceOption = None,
    until: UntilOption = None,
    platform: PlatformOption = None,
    lang: LangOption = None,
    coding: CodingOption = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the weeks of a pair: cases, mentions of the drug, and the rate, with bursts and changes.

    Example: [bold]ade-monitor signals series zoloft Insomnia --since 26w[/]
    """
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other: choose one")
    from monitor.cli.signal_series import write_history
    from monitor.signals.pair_history import read_history

    window = window_of(*parse_range(since, until), platform, lang, coding)
    settings = settings_of(context)
    if coding is not None:
        note_coding(settings, coding)
    (choice,) = chosen_drugs(settings, [drug], option="DRUG")
    with mistakes_as_usage(*request_mistakes()):
        history = read_history(settings, choice.drug, pt, window)
    write_history(history, "json" if as_json else "csv" if as_csv else "table")
