"""`ade-monitor export e2b`: cases as E2B(R3) messages, and the check of such files."""

from __future__ import annotations

from pathlib import Path
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
from monitor.cli.console import counted, print_json, print_line, print_note
from monitor.cli.count_progress import count_progress
from monitor.cli.export_session import LimitOption, MaskOption
from monitor.cli.options import mistakes_as_usage, parse_time, settings_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.errors import MonitorError
    from monitor.exports.e2b.batch_export import CaseSelection, ExportedBatch
    from monitor.exports.e2b.check_findings import CheckFinding
    from monitor.settings import Settings
    from monitor.store.cases import CaseFilters

_SHOWN_REASONS = 5


def export_e2b_command(
    context: typer.Context,
    cases: Annotated[
        list[str] | None,
        typer.Argument(metavar="CASE…", help="Ids of cases, or their first digits; by default all."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="XML file to write.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    candidates: Annotated[
        bool,
        typer.Option("--candidates", help="Write cases that lack a minimum criterion, too, marked as such."),
    ] = False,
    production: Annotated[
        bool, typer.Option("--production", help="Mark the messages as real reports; by default as tests.")
    ] = False,
    expedited: Annotated[
        bool | None,
        typer.Option(
            "--expedited/--not-expedited",
            help="Whether the reports fulfil the local criteria for an expedited report.",
            show_default=False,
        ),
    ] = None,
    mask: MaskOption = False,
    no_text: Annotated[bool, typer.Option("--no-text", help="Leave out the words of the posts.")] = False,
    status: StatusOption = None,
    drug: CaseDrugOption = None,
    pt: CasePtOption = None,
    owner: OwnerOption = None,
    since: CaseSinceOption = None,
    due_before: DueBeforeOption = None,
    serious: SeriousOption = None,
    limit: LimitOption = 0,
    check: Annotated[
        Path | None, typer.Option("--check", metavar="FILE", help="Check this file instead of writing one.")
    ] = None,
    schema: Annotated[
        Path | None,
        typer.Option("--schema", metavar="PATH", help="Check by your copy of the schema of ICH, too."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each finding of the check.")
    ] = False,
) -> None:
    """Write cases as E2B(R3) messages for authorities, or check such a file.

    The messages are tests unless you use --production. A person must complete and confirm each report.

    Status 1: the check rejects the file, or no case can be written. Status 2: an option, a setting or a file
    is wrong.
    """
    from monitor.exports.e2b.errors import require_lxml

    require_lxml()
    if check is not None:
        if output is not None or cases:
            raise typer.BadParameter("--check checks a file: do not name cases or --output with it")
        with mistakes_as_usage(*_mistakes()):
            _check(check, schema, as_json=as_json)
        return
    if output is None:
        raise typer.BadParameter("name the file with --output, or a file to check with --check")
    if production and candidates:
        raise typer.BadParameter(
            "--candidates cannot be used with --production: candidates are not valid reports"
        )
    if production and expedited is None:
        raise typer.BadParameter("--production needs --expedited or --not-expedited: a person must decide it")
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
    with mistakes_as_usage(*_mistakes()):
        _export(
            settings,
            _selection(cases or (), filters),
            output,
            force=force,
            production=production,
            schema=schema,
            candidates=candidates,
            expedited=expedited,
            masked=mask,
            with_text=not no_text,
        )


def _mistakes() -> tuple[type[MonitorError], ...]:
    """Return the errors that a user can correct.

    The others end with status 1: cases that cannot be written, and files that a receiver would refuse.
    """
    from monitor.errors import SettingsError
    from monitor.exports import ExportError
    from monitor.exports.e2b.errors import UnusableFileError
    from monitor.store.cases.reading import UnknownCaseError

    return (ExportError, SettingsError, UnknownCaseError, UnusableFileError)


def _selection(names: Sequence[str], filters: CaseFilters) -> CaseSelection:
    """Return which cases the command exports.

    Raises:
        typer.BadParameter: ids and filters are mixed.
    """
    from monitor.exports.e2b.batch_export import CaseSelection
    from monitor.store.cases import CaseFilters

    if names and filters != CaseFilters():
        raise typer.BadParameter("use ids of cases or filters, not both")
    return CaseSelection(tuple(names), filters)


def _export(
    settings: Settings,
    selection: CaseSelection,
    output: Path,
    *,
    force: bool,
    production: bool,
    schema: Path | None,
    candidates: bool,
    expedited: bool | None,
    masked: bool,
    with_text: bool,
) -> None:
    from monitor.exports.destination import check_destination
    from monitor.exports.e2b.batch_export import export_batch, meddra_version, sender_of
    from monitor.exports.e2b.case_reports import ReportOptions
    from monitor.exports.e2b.schema_check import load_schema
    from monitor.store.origin import read_origin

    destination = check_destination(output, force=force)
    sender_of(settings.e2b)
    loaded = None if schema is None else load_schema(schema)
    version = settings.e2b.meddra_version or meddra_version(settings.e2b, read_origin(settings).releases)
    options = ReportOptions(version, candidates, expedited, masked, with_text)
    with count_progress(None, "cases") as advance:
        exported = export_batch(
            settings,
            selection,
            options,
            destination,
            production=production,
            schema=loaded,
            advance=advance,
        )
    kind = "real reports" if production else "tests"
    print_line(f"{output}: {counted(exported.written, 'message')}, marked as {kind}")
    _note_left_out(exported)
    if exported.findings:
        _print_findings(exported.findings[:_SHOWN_REASONS])
        print_note(f"{counted(len(exported.findings), 'warning')}: `ade-monitor export e2b --check {output}`")


def _note_left_out(exported: ExportedBatch) -> None:
    for reason, number in exported.left_out.most_common(_SHOWN_REASONS):
        print_note(f"{counted(number, 'case')} left out: {reason}")
    if exported.candidates:
        print_note("--candidates writes candidates, too, as tests; they are not valid reports")


def _check(path: Path, schema: Path | None, *, as_json: bool) -> None:
    """Check a file, and exit with status 1 if a receiver would refuse it."""
    from monitor.exports.e2b.check_findings import finding_record
    from monitor.exports.e2b.checking import E2bCheck
    from monitor.exports.e2b.schema_check import load_schema, schema_findings

    loaded = None if schema is None else load_schema(schema)
    check = E2bCheck(path)
    findings = list(check.findings())
    if loaded is not None:
        findings += schema_findings(path, loaded)
    if as_json:
        for finding in findings:
            print_json(finding_record(finding))
    else:
        _print_findings(findings)
    rejections = sum(finding.is_rejection for finding in findings)
    warnings = counted(len(findings) - rejections, "warning")
    print_note(
        f"{path}: {counted(check.messages, 'message')}, {counted(rejections, 'rejection')}, {warnings}"
    )
    if rejections:
        raise typer.Exit(1)


def _print_findings(findings: Iterable[CheckFinding]) -> None:
    for finding in findings:
        print_line(
            f"{finding.severity} {finding.element}, line {finding.line}: {finding.problem}: {finding.advice}"
        )
        print_line(f"  {finding.path}")
