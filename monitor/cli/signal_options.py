"""Options of `ade-monitor signals` and `ade-monitor export signals`, and the request that they describe."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from monitor.cli.effect_options import note_coding
from monitor.cli.options import chosen_drugs
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.signals.signal_report import SignalRequest
    from monitor.store.signals import Window

PlatformOption = Annotated[
    str | None, typer.Option("--platform", help="Only cases from this platform, such as reddit.")
]
LangOption = Annotated[str | None, typer.Option("--lang", help="Only cases in this language, such as en.")]
LevelOption = Annotated[
    Literal["pt", "smq", "smq-broad", "soc"],
    typer.Option(help="What an event is: a PT, an SMQ (narrow or broad search), or a primary SOC."),
]
MinCasesOption = Annotated[int, typer.Option(min=1, help="Least number of cases of a pair.")]
MethodOption = Annotated[
    Literal["consensus", "prr", "ror", "ic", "ebgm"],
    typer.Option(help="What decides about signals, and orders them. Consensus: at least three methods."),
]
OnlyOption = Annotated[
    Literal["signals"] | None, typer.Option(help="Leave out all pairs that are not signals.")
]
FirstSeenOption = Annotated[
    bool, typer.Option("--first-seen", help="Only pairs whose first case ever is in the window.")
]
RisingOption = Annotated[
    bool, typer.Option("--rising", help="Only pairs whose cases rise at the end of the window.")
]
AdjustOption = Annotated[
    Literal["platform", "lang", "both"] | None,
    typer.Option(help="Compare within platforms, within languages, or within both (IC and EBGM)."),
]
IndicationsOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="What drugs are taken for: a TSV file of drugs and PTs."),
]
WithoutIndicationsOption = Annotated[
    bool, typer.Option("--without-indications", help="Leave cases of a drug with its indication out.")
]
CorrectedOption = Annotated[
    bool,
    typer.Option("--corrected", help="Correct the cases for the errors of the model that reviews found."),
]


def window_of(
    since: datetime | None, until: datetime | None, platform: str | None, lang: str | None, coding: str | None
) -> Window:
    """Return the window of these options: whole days in UTC.

    Raises:
        typer.BadParameter: the window is empty.
    """
    from monitor.store.signals import Window

    return Window.between(since, until, platform=platform, lang=lang, coding=coding or "")


def request_of(
    settings: Settings,
    window: Window,
    *,
    by: str,
    drug: str | None,
    pt: str | None,
    soc: str | None,
    hlgt: str | None,
    hlt: str | None,
    smq: str | None,
    ime: bool,
    dme: bool,
    listedness: str | None,
    min_cases: int,
    method: str,
    only: str | None,
    first_seen: bool,
    rising: bool,
    adjust: str | None,
    indications: Path | None,
    without_indications: bool,
    corrected: bool,
    limit: int,
) -> SignalRequest:
    """Return the request that the options describe; a limit of 0 is none.

    Raises:
        typer.BadParameter: the dictionary does not have the drug, or no mention has the coding.
        MonitorError: one of `request_mistakes`, or the database is away or refuses.
    """
    from monitor.signals.consensus import Criteria
    from monitor.signals.indications import indications_of
    from monitor.signals.request_check import check_request
    from monitor.signals.signal_pairs import SignalMethod
    from monitor.signals.signal_report import EventLevel, SignalRequest
    from monitor.store.group_filters import group_filters_of
    from monitor.store.listed_effects import Listedness

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
    if window.coding:
        note_coding(settings, window.coding)
    return request


def request_mistakes() -> tuple[type[MonitorError], ...]:
    """Return the errors in what the user has asked for."""
    from monitor.signals.indications import IndicationsFileError
    from monitor.signals.request_check import RequestError
    from monitor.signals.signal_report import NoReleaseError, UnknownEventError
    from monitor.store.group_filters import UnknownGroupError

    return (IndicationsFileError, NoReleaseError, RequestError, UnknownEventError, UnknownGroupError)


def _drug_filter(settings: Settings, name: str | None) -> Callable[[str], bool] | None:
    """Return what accepts the drugs that `--drug` names: each ingredient, or each drug of a class."""
    if name is None:
        return None
    from monitor.enrich.drugs import ingredient_filter, load_matcher

    (choice,) = chosen_drugs(settings, [name])
    return ingredient_filter(load_matcher(settings.enrich), choice)
