"""`ade-monitor recode`: code stored mentions again by another release of MedDRA."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from monitor.cli.console import add_row, new_table, print_json, print_line, print_note, print_table
from monitor.cli.count_progress import count_progress
from monitor.cli.options import Bundle, Device, NormalizerOption, Threads, settings_of

if TYPE_CHECKING:
    from models.scoring import ReleaseCoder
    from models.terminology import GroupedRelease, Terminology
    from monitor.recoding import ChangedCode, ChangedGroup, ChangeReport
    from monitor.settings import ModelSettings, Settings

_ROWS: Final = 40
"""Number of changes that a table shows; --json has all of them."""


def recode_command(
    context: typer.Context,
    terminology: Annotated[
        Path, typer.Option("--terminology", metavar="DIR", help="Folder of a MedDRA ASCII release.")
    ],
    version: Annotated[
        str, typer.Option("--version", help="Version of the release, if its folder does not contain it.")
    ] = "",
    bundle: Bundle = None,
    device: Device = None,
    threads: Threads = None,
    normalizer: NormalizerOption = None,
    report_only: Annotated[
        bool, typer.Option("--report", help="Code nothing, and report on what was coded before.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Code all stored mentions by another release with the bundle's Normalizer, without training.

    The original codes stay: `ade-monitor query --coding RELEASE` shows the new ones. The same words are coded
    once. After Ctrl-C, whatever was coded stays, and the next run goes on; later runs code the mentions that
    came meanwhile. The report lists which codes, SOCs and SMQs change. The login needs the rights of
    ade_admin.

    Example: [bold]ade-monitor recode --terminology MedAscii[/]
    """
    settings = settings_of(
        context,
        model__bundle=bundle,
        model__device=device,
        model__threads=threads,
        model__normalizer=normalizer,
    )
    release = _read(terminology, version)
    if not report_only:
        _recode(settings, release)
    from monitor.recoding import report_changes

    report = report_changes(settings, release)
    if as_json:
        print_json(_record(report))
    else:
        _print(report)


def _read(folder: Path, version: str) -> GroupedRelease:
    """Read a release.

    Raises:
        TerminologyError: it has faults.
        BadParameter: its version is not known.
    """
    from models.terminology import read_grouped_release

    release = read_grouped_release(folder, version=version)
    if not release.terminology.version:
        raise typer.BadParameter(
            f"{folder} does not contain the version of the release, and its codes need a name: add --version"
        )
    return release


def _recode(settings: Settings, release: GroupedRelease) -> None:
    from monitor.recoding import recode_mentions

    name = release.terminology.version
    coder = _load_coder(settings.model, release.terminology)
    done = total = 0
    with ExitStack() as stack:
        show: list[Any] = []

        def begin(texts: int, mentions: int) -> None:
            nonlocal total
            total = texts
            print_note(f"{mentions:,} mentions with {texts:,} distinct texts are to be coded by {name}")
            show.append(stack.enter_context(count_progress(texts, "texts")))

        def advance(texts: int) -> None:
            nonlocal done
            done += texts
            show[0](texts)

        try:
            counts = recode_mentions(settings, coder, begin=begin, advance=advance)
        except KeyboardInterrupt:
            stack.close()
            print_note(f"stopped: {done:,} of {total:,} texts are coded; run the command again to go on")
            raise typer.Exit(130) from None
    print_note(f"{counts.mentions:,} mentions were coded by {name} with {coder.version}")


def _load_coder(model: ModelSettings, terminology: Terminology) -> ReleaseCoder:
    """Load the bundle; the vectors of the names of the release take minutes, with a bar."""
    from models.scoring import load_release_coder

    with ExitStack() as stack:
        show: list[Any] = [lambda names: None]

        def begin(names: int) -> None:
            show[0] = stack.enter_context(count_progress(names, "names of the release"))

        try:
            return load_release_coder(
                model.bundle, terminology, model.serving, begin=begin, advance=lambda names: show[0](names)
            )
        except KeyboardInterrupt:
            stack.close()
            print_note("stopped: nothing was coded")
            raise typer.Exit(130) from None


def _print(report: ChangeReport) -> None:
    print_line(
        f"{report.release}: {report.mentions:,} mentions are coded, {report.changed:,} of them differently"
    )
    if report.left:
        print_note(f"{report.left:,} mentions are not coded by {report.release} yet: run the command again")
    if report.codes:
        table = new_table("change", "code before", "code after", "mentions")
        for changed in report.codes[:_ROWS]:
            pair = changed.pair
            before, after = _code(pair.ptid, pair.pt_name), _code(pair.new_ptid, pair.new_pt_name)
            add_row(table, changed.change, before, after, f"{pair.mentions:,}")
        print_table(table)
    if report.groups:
        table = new_table("group", "name", "before", "after")
        for group in report.groups[:_ROWS]:
            kind = group.kind.value.replace("_", " ")
            add_row(table, kind, f"{group.name} {group.code}", _count(group.before), _count(group.after))
        print_table(table)
    if len(report.codes) > _ROWS or len(report.groups) > _ROWS:
        print_note(f"only {_ROWS} rows of each table are shown; --json has all of them")
    if not report.compared:
        print_note(
            "SOCs and SMQs were not compared: import the earlier release with "
            "`ade-monitor terminology import`"
        )


def _code(ptid: str | None, name: str | None) -> str:
    return "uncoded" if ptid is None else f"{name or ''} {ptid}"


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _record(report: ChangeReport) -> dict[str, Any]:
    return {
        "release": report.release,
        "mentions": report.mentions,
        "changed": report.changed,
        "left": report.left,
        "codes": [_changed_code(changed) for changed in report.codes],
        "groups": [_changed_group(group) for group in report.groups],
        "groups_compared": report.compared,
    }


def _changed_code(changed: ChangedCode) -> dict[str, Any]:
    return {"change": changed.change.value, **asdict(changed.pair)}


def _changed_group(group: ChangedGroup) -> dict[str, Any]:
    return {**asdict(group), "kind": group.kind.value}
