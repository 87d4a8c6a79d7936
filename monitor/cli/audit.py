"""`ade-monitor audit`: list the entries of the audit, check their chain, and print its anchor."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from models.terminal import json_line
from monitor.cli.console import add_row, new_table, print_json, print_line, print_note, print_table
from monitor.cli.effect_options import parse_range
from monitor.cli.options import settings_of

if TYPE_CHECKING:
    from monitor.store.audit import Anchor

audit_app = typer.Typer(
    no_args_is_help=True,
    help="Show who saw, exported, changed or erased what, and check that nobody changed it.",
)


@audit_app.command("list")
def list_command(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Only entries since: 2026-03-14, 24h, 7d.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="Only entries before.")] = None,
    action: Annotated[
        str | None, typer.Option(help="Only this action, such as export, query, review, case or erase.")
    ] = None,
    actor: Annotated[str | None, typer.Option(help="Only by this login of the database.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Only about this subject, such as the id of a case.")
    ] = None,
    post: Annotated[
        str | None, typer.Option(metavar="ID", help="Only about this post. Entries have a digest of its id.")
    ] = None,
    author: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Only about this author. Entries have a digest of the id."),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Show only the latest N; 0 for all.")
    ] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each entry.")] = False,
) -> None:
    """List entries, the latest first. Reading needs the role ade_admin."""
    from monitor.store.audit import AuditFilters, author_digest, find_entries, post_digest

    chosen = [
        *([subject] if subject is not None else []),
        *([post_digest(post)] if post is not None else []),
        *([author_digest(author)] if author is not None else []),
    ]
    if len(chosen) > 1:
        raise typer.BadParameter("--subject, --post and --author exclude each other: choose one")
    start, end = parse_range(since, until)
    filters = AuditFilters(start, end, action, actor, chosen or None, limit or None)
    entries = find_entries(settings_of(context), filters)
    if as_json:
        for entry in entries:
            print_json(asdict(entry))
        return
    table = new_table("number", "at (UTC)", "actor", "action", "subject", "reason", "details")
    for entry in entries:
        details = json_line(entry.details) if entry.details else ""
        cells = (entry.actor, entry.action, entry.subject, entry.reason, details)
        add_row(table, str(entry.number), entry.at[:19].replace("T", " "), *cells)
    if table.row_count:
        print_table(table)
    else:
        print_note("no entry of the audit matches")


@audit_app.command("verify")
def verify_command(
    context: typer.Context,
    anchor: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER:HASH", help="An output of `ade-monitor audit anchor`. Repeatable."),
    ] = None,
    anchors: Annotated[
        Path | None, typer.Option("--anchors", metavar="FILE", help="A file with an anchor on each line.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check every entry and the chain of their hashes.

    Status 0: nothing was changed. Status 1: something was, and the message names the first broken entry.
    Status 2: nothing was checked, because an option or a file is wrong. Only an anchor from before reveals an
    end that was cut off, and a chain that was written again.

    Example: [bold]ade-monitor audit verify --anchors anchors.txt[/]
    """
    from monitor.store.audit import missing_guards, verify_audit

    kept = [_anchor_of(text) for text in anchor or ()] + (_read_anchors(anchors) if anchors else [])
    settings = settings_of(context)
    result, guards = verify_audit(settings, kept), missing_guards(settings)
    if as_json:
        last: dict[str, Any] = {"number": result.last.number, "hash": result.last.hash.hex()}
        state = {"broken": result.broken, "problem": result.problem, "missing_triggers": guards}
        print_json({"entries": result.entries, "anchors": len(kept), "last": last, **state})
    elif result.problem is not None:
        print_line(f"broken at entry {result.broken}: {result.problem}")
    else:
        print_line(
            f"sound: {result.entries:,} entries and {len(kept):,} anchors; the last one is {result.last}"
        )
    if guards:
        print_note(
            f"triggers are missing or off, so entries can be changed: {', '.join(guards)}. Find out who did "
            "this, and turn them on as migration 0014 does"
        )
    if result.problem is None and not kept and not as_json:
        print_note("without --anchor, an end that was cut off may not be found")
    if result.problem is not None or guards:
        raise typer.Exit(1)


@audit_app.command("anchor")
def anchor_command(context: typer.Context) -> None:
    """Print number and hash of the last entry, to be kept where no administrator of the database can write.

    Example: [bold]ade-monitor audit anchor >> anchors.txt[/]
    """
    from monitor.store.audit import read_anchor

    print_line(str(read_anchor(settings_of(context))))


def _anchor_of(text: str) -> Anchor:
    from monitor.store.audit import Anchor

    try:
        return Anchor.parse(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"--anchor '{text}': {error}, as `ade-monitor audit anchor` prints it"
        ) from None


def _read_anchors(path: Path) -> list[Anchor]:
    """Return the anchors of a file; empty lines are skipped.

    Raises:
        typer.BadParameter: it cannot be read, or a line is not an anchor.
    """
    from monitor.store.audit import Anchor

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise typer.BadParameter(f"--anchors {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(f"--anchors {path} is not a text in UTF-8") from None
    anchors = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                anchors.append(Anchor.parse(line))
            except ValueError as error:
                raise typer.BadParameter(f"--anchors {path}, line {number}: {error}") from None
    return anchors
