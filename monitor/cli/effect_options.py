"""The options that choose adverse effects: `query` and `export effects` have the same."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.console import print_note
from monitor.cli.options import chosen_drugs, mistakes_as_usage, parse_time, require_searchable

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.store import Filters

SinceOption = Annotated[
    str | None,
    typer.Option(metavar="WHEN", help="Posted at or after: 2026-03-14, 2026-03-14T09:26Z, 24h, 7d."),
]
UntilOption = Annotated[
    str | None, typer.Option(metavar="WHEN", help="Posted before; a date alone is its midnight in UTC.")
]
PtOption = Annotated[str | None, typer.Option(help="MedDRA PT: its code, or its name in any case.")]
TextOption = Annotated[str | None, typer.Option(help="Words of the tweet, all of them, in any order.")]
DrugOption = Annotated[
    str | None,
    typer.Option(
        help="Linked to this drug, by any name: ingredient, brand, slang, or a class such as SSRIs."
    ),
]
MinProbabilityOption = Annotated[
    float | None, typer.Option(min=0, max=1, help="Minimum probability that the tweet reports an ADE.")
]
MinScoreOption = Annotated[float | None, typer.Option(min=0, max=1, help="Minimum score of the span.")]
BundleVersionOption = Annotated[
    str | None,
    typer.Option(
        "--bundle", help="A bundle's version, or 'all'; by default the latest that scored each tweet."
    ),
]
CodedOption = Annotated[
    bool | None, typer.Option("--coded/--uncoded", help="Only spans with a PT, or only those without.")
]
CodingOption = Annotated[
    str | None,
    typer.Option(
        metavar="RELEASE", help="Codes by a release of `ade-monitor recode` instead of the original ones."
    ),
]


def parse_range(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Return the times of `--since` and `--until`.

    Raises:
        typer.BadParameter: one of them is not a time, or they are reversed.
    """
    start, end = parse_time(since, "--since"), parse_time(until, "--until")
    if start and end and start >= end:
        raise typer.BadParameter(f"--since '{since}' is not before --until '{until}': nothing can match")
    return start, end


def effect_filters(
    settings: Settings,
    *,
    since: datetime | None,
    until: datetime | None,
    pt: str | None,
    text: str | None,
    drug: str | None,
    min_probability: float | None,
    min_score: float | None,
    bundle: str | None,
    coded: bool | None,
    soc: str | None,
    hlgt: str | None,
    hlt: str | None,
    smq: str | None,
    ime: bool,
    dme: bool,
    listedness: str | None,
    coding: str | None,
    limit: int | None,
) -> Filters:
    """Return the filters of the options; groups, PTs and codings are looked up in the database.

    Raises:
        typer.BadParameter: the dictionary does not have the drug, nothing has the PT, no mention has the
            coding, or `text` has nothing to search for.
        UnknownGroupError: the imported release has no such group.
        MonitorError: the database is away or refuses.
    """
    from monitor.store import Filters
    from monitor.store.group_filters import group_filters_of
    from monitor.store.known_pts import UnknownPtError, require_known_pt
    from monitor.store.listed_effects import Listedness

    if text is not None:
        require_searchable("--text", text)
    choices = chosen_drugs(settings, [] if drug is None else [drug])
    groups = group_filters_of(settings, soc=soc, hlgt=hlgt, hlt=hlt, smq=smq, ime=ime, dme=dme)
    if coding is not None:
        note_coding(settings, coding)
    if pt is not None:
        with mistakes_as_usage(UnknownPtError):
            require_known_pt(settings, pt, coding)
    return Filters(
        since=since,
        until=until,
        pt=pt,
        text=text,
        drug=choices[0] if choices else None,
        min_probability=min_probability,
        min_score=min_score,
        bundle=bundle,
        coded=coded,
        groups=groups,
        listedness=Listedness(listedness) if listedness else None,
        coding=coding,
        limit=limit,
    )


def note_coding(settings: Settings, release: str) -> None:
    """Print a note if mentions came after the last recoding by a release: they are left out.

    Raises:
        BadParameter: no mention was recoded by it.
    """
    from monitor.store.coding_changes import has_newer_mentions, stored_codings

    if release not in (codings := stored_codings(settings)):
        known = f"there are codes by {', '.join(codings)}" if codings else "no mention was recoded"
        raise typer.BadParameter(
            f"--coding '{release}': {known}; `ade-monitor recode --terminology DIR` codes by another release"
        )
    if has_newer_mentions(settings, release):
        print_note(f"newer mentions have no code by {release} yet and are left out: recode again")
