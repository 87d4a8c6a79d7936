"""`ade-monitor cases`: list cases, show one with its posts, and work on it."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

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
from monitor.cli.case_reports import print_case, print_cases
from monitor.cli.console import print_json, print_line, print_note
from monitor.cli.options import parse_time, settings_of

if TYPE_CHECKING:
    from monitor.store.cases import CaseChange

cases_app = typer.Typer(help="List cases, show one with its posts, and work on it.", no_args_is_help=True)

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of a case, or its first digits (6 or more).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for each case.")]


@cases_app.command("list")
def list_command(
    context: typer.Context,
    status: StatusOption = None,
    drug: CaseDrugOption = None,
    pt: CasePtOption = None,
    owner: OwnerOption = None,
    since: CaseSinceOption = None,
    due_before: DueBeforeOption = None,
    serious: SeriousOption = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Show only the latest N; 0 for all.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """List cases: the posts of one author about one drug and one effect. The latest come first."""
    from monitor.store.audit import AuditEntry, filters_for_audit, record_audit
    from monitor.store.cases import find_cases
    from monitor.store.labelled_rows import labelled_cases

    settings = settings_of(context)
    filters = case_filters(
        settings,
        statuses=status or (),
        drug=drug,
        pt=pt,
        owner=owner,
        since=parse_time(since, "--since"),
        due_before=parse_time(due_before, "--due-before", ahead=True),
        serious=serious,
        limit=limit or None,
    )
    cases = find_cases(settings, filters)
    if as_json:
        # The effect of a case without a code is words of its post.
        details = {"format": "json", "dataset": "cases", "filters": filters_for_audit(filters)}
        record_audit(settings, AuditEntry("query", "", details=details))
        for case in labelled_cases(settings, cases):
            print_json(asdict(case))
    else:
        print_cases(list(cases), limit)


@cases_app.command("show")
def show_command(context: typer.Context, case: CaseId, as_json: AsJson = False) -> None:
    """Show a case with its posts, the facts that they state, what is missing, and its history."""
    from monitor.store.audit import AuditEntry, record_audit
    from monitor.store.cases import read_case

    settings = settings_of(context)
    details = read_case(settings, case)
    if as_json:
        record_audit(settings, AuditEntry("query", details.summary.case_id, details={"format": "json"}))
        print_json(asdict(details))
    else:
        print_case(details)


@cases_app.command("set")
def set_command(
    context: typer.Context,
    cases: Annotated[list[str], typer.Argument(metavar="CASE…", help="Ids of cases, or their first digits.")],
    status: Annotated[str | None, typer.Option(help="new, open, closed or not-a-case.")] = None,
    owner: Annotated[str | None, typer.Option(help="Who works on it; an empty text for nobody.")] = None,
    due: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help="Until when: a date, a time in UTC, 7d from now; an empty text for no date."
        ),
    ] = None,
    note: Annotated[str | None, typer.Option(help="A note for the history.")] = None,
    by: Annotated[str | None, typer.Option(help="Who changes it; by default your login.")] = None,
) -> None:
    """Change status, owner or due date of cases, or add a note. The history keeps every change."""
    from monitor.store.cases import change_case

    change = _change(status, owner, due, note)
    settings = settings_of(context)
    actor = _actor(by)
    for case in cases:
        changed = change_case(settings, case, change, actor=actor)
        what = ", ".join(f"{name.removesuffix('_at')} {value or 'none'}" for name, value in changed.items())
        if what or note:
            print_line(f"{case}: {what or 'note added'}")
        else:
            print_note(f"{case} has these values already: nothing was changed")


def _change(status: str | None, owner: str | None, due: str | None, note: str | None) -> CaseChange:
    """Return the change that the options describe.

    Raises:
        typer.BadParameter: there is nothing to change, or a value is wrong.
    """
    from monitor.store.cases import KEEP, CaseChange, CaseStatus

    if status is None and owner is None and due is None and not (note or "").strip():
        raise typer.BadParameter("nothing to change: use --status, --owner, --due or --note")
    if status is not None and status not in set(CaseStatus):
        raise typer.BadParameter(f"'{status}' is not a status: use {', '.join(CaseStatus)}")
    return CaseChange(
        status=KEEP if status is None else CaseStatus(status),
        owner=KEEP if owner is None else owner.strip() or None,
        due_at=KEEP if due is None else parse_time(due.strip() or None, "--due", ahead=True),
        note=(note or "").strip() or None,
    )


def _actor(by: str | None) -> str:
    """Return the name for the history.

    Raises:
        typer.BadParameter: none is stated, and the system has no name for this login.
    """
    if by is not None and by.strip():
        return by.strip()
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise typer.BadParameter("this login has no name: write who changes the case with --by") from None
