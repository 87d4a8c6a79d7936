"""`ade-monitor signals`: pairs of a drug and an event that are reported more often than expected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
from monitor.cli.signal_tables import print_coverage, print_warnings, write_csv, write_json_lines, write_table
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitor.settings import Settings
    from monitor.signals.signal_report import SignalRequest
    from monitor.store.signals import Window

signals_app = typer.Typer(
    help="Pairs of a drug and an event that are reported more often than expected.",
    invoke_without_command=True,
)

Platform = Annotated[
    str | None, typer.Option("--platform", help="Only cases from this platform, such as reddit.")
]
Lang = Annotated[str | None, typer.Option("--lang", help="Only cases in this language, such as en.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON Lines: one object for each row.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="CSV with a header; numbers have a point.")]


@signals_app.callback()
def signals_command(
    context: typer.Context,
    since: SinceOption = None,
    until: UntilOption = None,
    by: Annotated[
        Literal["pt", "smq", "smq-broad", "soc"],
        typer.Option(help="What an event is: a PT, an SMQ (narrow or broad search), or a primary SOC."),
    ] = "pt",
    drug: DrugOption = None,
    pt: PtOption = None,
    platform: Platform = None,
    lang: Lang = None,
    soc: SocOption = None,
    hlgt: HlgtOption = None,
    hlt: HltOption = None,
    smq: SmqOption = None,
    ime: ImeOption = False,
    dme: DmeOption = False,
    listedness: ListednessOption = None,
    coding: CodingOption = None,
    min_cases: Annotated[int, typer.Option(min=1, help="Least number of cases of a pair.")] = 3,
    method: Annotated[
        Literal["consensus", "prr", "ror", "ic", "ebgm"],
        typer.Option(help="What decides about signals, and orders them. Consensus: at least three methods."),
    ] = "consensus",
    only: Annotated[
        Literal["signals"] | None, typer.Option(help="Leave out all pairs that are not signals.")
    ] = None,
    first_seen: Annotated[
        bool, typer.Option("--first-seen", help="Only pairs whose first case ever is in the window.")
    ] = False,
    rising: Annotated[
        bool, typer.Option("--rising", help="Only pairs whose cases rise at the end of the window.")
    ] = False,
    adjust: Annotated[
        Literal["platform", "lang", "both"] | None,
        typer.Option(help="Compare within platforms, within languages, or within both (IC and EBGM)."),
    ] = None,
    indications: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What drugs are taken for: a TSV file of drugs and PTs."),
    ] = None,
    without_indications: Annotated[
        bool,
        typer.Option("--without-indications", help="Leave cases of a drug with its indication out."),
    ] = False,
    corrected: Annotated[
        bool,
        typer.Option("--corrected", help="Correct the cases for the errors of the model that reviews found."),
    ] = False,
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
    from monitor.signals.consensus import Criteria
    from monitor.signals.indications import indications_of
    from monitor.signals.request_check import check_request
    from monitor.signals.signal_pairs import SignalMethod
    from monitor.signals.signal_report import EventLevel, SignalRequest
    from monitor.store.group_filters import group_filters_of
    from monitor.store.listed_effects import Listedness

    window = window_of(since, until, platform, lang, coding)
    settings = settings_of(context)
    with mistakes_as_usage(*_mistakes()):
        request = SignalRequest(
            window=window,
            by=EventLevel(by),
            method=SignalMethod(method),
            criteria=Criteria(cases=min_cases),
            adjust=("platform", "lang") if adjust == "both" else (adjust,) if adjust else (),
            indications=indications_of(settings, indications),
            without_indications=without_indications,
            is_drug=_drug_filter(settings, drug),
            pt=pt,
            groups=group_filters_of(settings, soc=soc, hlgt=hlgt, hlt=hlt, smq=smq, ime=ime, dme=dme),
            listedness=Listedness(listedness) if listedness else None,
            only_signals=only is not None,
            first_seen=first_seen,
            rising=rising,
            corrected=corrected,
            limit=limit or None,
        )
        check_request(request, lambda name: f"--{name.replace('_', '-')}")
        if coding is not None:
            note_coding(settings, coding)
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
    platform: Platform = None,
    lang: Lang = None,
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

    window = window_of(since, until, platform, lang, coding)
    settings = settings_of(context)
    if coding is not None:
        note_coding(settings, coding)
    (choice,) = chosen_drugs(settings, [drug], option="DRUG")
    with mistakes_as_usage(*_mistakes()):
        history = read_history(settings, choice.drug, pt, window)
    write_history(history, "json" if as_json else "csv" if as_csv else "table")


def window_of(
    since: str | None, until: str | None, platform: str | None, lang: str | None, coding: str | None
) -> Window:
    """Return the window of these options: whole days in UTC.

    Raises:
        typer.BadParameter: a time is wrong, or the window is empty.
    """
    from monitor.store.signals import Window

    return Window.between(*parse_range(since, until), platform=platform, lang=lang, coding=coding or "")


def _drug_filter(settings: Settings, name: str | None) -> Callable[[str], bool] | None:
    """Return what accepts the drugs that `--drug` names: each ingredient, or each drug of a class."""
    if name is None:
        return None
    from monitor.enrich.drugs import ingredient_filter, load_matcher

    (choice,) = chosen_drugs(settings, [name])
    return ingredient_filter(load_matcher(settings.enrich), choice)


def _mistakes() -> tuple[type[MonitorError], ...]:
    """Return the errors in what the user has asked for."""
    from monitor.signals.indications import IndicationsFileError
    from monitor.signals.request_check import RequestError
    from monitor.signals.signal_report import NoReleaseError, UnknownEventError
    from monitor.store.group_filters import UnknownGroupError

    return (IndicationsFileError, NoReleaseError, RequestError, UnknownEventError, UnknownGroupError)
