"""The options that choose cases: `cases list` and `export cases` have the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import mistakes_as_usage

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.store.cases import CaseFilters

StatusOption = Annotated[
    list[str] | None,
    typer.Option(help="Only with this status: new, open, closed or not-a-case. May be repeated."),
]
CaseDrugOption = Annotated[str | None, typer.Option(help="Only about this drug, by any of its names.")]
CasePtOption = Annotated[str | None, typer.Option(help="MedDRA PT: its code, or its name in any case.")]
OwnerOption = Annotated[str | None, typer.Option(help="Only those that this person works on.")]
CaseSinceOption = Annotated[
    str | None, typer.Option(metavar="WHEN", help="With a post at or after: 2026-03-14, 24h, 7d.")
]
DueBeforeOption = Annotated[
    str | None, typer.Option(metavar="WHEN", help="Due before: a date, a time in UTC, or 7d from now.")
]
SeriousOption = Annotated[
    bool | None,
    typer.Option("--serious/--not-serious", help="Whether a post states a criterion of a serious case."),
]


def case_filters(
    settings: Settings,
    *,
    statuses: Sequence[str],
    drug: str | None,
    pt: str | None,
    owner: str | None,
    since: datetime | None,
    due_before: datetime | None,
    serious: bool | None,
    limit: int | None,
) -> CaseFilters:
    """Return the filters of the options.

    Raises:
        typer.BadParameter: a status or the PT is unknown.
        MonitorError: the database is away or refuses.
        DrugFileError: the file of the setting `enrich.drugs` cannot be used.
    """
    from monitor.enrich.drugs import load_matcher, stored_drug
    from monitor.store.cases import CaseFilters, CaseStatus
    from monitor.store.known_pts import UnknownPtError, require_known_pt

    for name in statuses:
        if name not in set(CaseStatus):
            raise typer.BadParameter(f"'{name}' is not a status: use {', '.join(CaseStatus)}")
    if pt is not None:
        with mistakes_as_usage(UnknownPtError):
            require_known_pt(settings, pt)
    return CaseFilters(
        statuses=tuple(statuses),
        drug=None if drug is None else stored_drug(load_matcher(settings.enrich), drug),
        pt=pt,
        owner=owner,
        since=since,
        due_before=due_before,
        serious=serious,
        limit=limit,
    )
