"""`ade-monitor erase`: delete posts and authors by hand, everywhere."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from monitor.cli.console import print_line, print_note
from monitor.cli.options import settings_of
from monitor.errors import PoisonError

if TYPE_CHECKING:
    from monitor.compliance import Erasure
    from monitor.records import ComplianceEvent
    from monitor.store import AuditedEvent

ROWS: Final = {
    "tweets": "posts made anonymous",
    "predictions": "predictions kept without a name",
    "mentions": "mentions deleted",
    "post_aliases": "other ids forgotten",
    "contexts": "posts that no longer quote or answer them",
    "alert_outbox": "alerts retracted",
    "tombstones": "tombstones lifted",
}
"""What the numbers of rows mean, in the order in which they are printed."""


def erase_command(
    context: typer.Context,
    post: Annotated[
        list[str] | None, typer.Option("--post", metavar="ID", help="A post, by any of its ids. Repeatable.")
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option("--author", metavar="ID", help="All posts of an author. Repeatable.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="BATCH",
            help="An id or a deletion of any platform on each line (# is a comment); - is standard input.",
        ),
    ] = None,
    authors: Annotated[
        bool, typer.Option("--authors", help="The ids in BATCH are those of authors, not of posts.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(help="Why, for the audit. Do not name the person or the post.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing, show what would change.")
    ] = False,
) -> None:
    """Erase posts from the database, the alerts in Redis and the dead letters, and keep them out.

    Status 0: everything is done. Status 1: nothing is done, or something is left to a worker, as the message
    says. The topic of the posts itself is not changed; its retention deletes them.

    Example: [bold]ade-monitor erase --post 1212092628029698048 --dry-run[/]
    """
    from monitor.compliance import EventFileError, erase, event_of_id, read_event_file
    from monitor.logs import configure_logs

    if not (post or author or file):
        raise typer.BadParameter("nothing is selected: use --post ID, --author ID or --file BATCH")
    events: list[tuple[ComplianceEvent, bool]] = []
    for option, names in (("--post", post or ()), ("--author", author or ())):
        for name in names:
            try:
                events.append((event_of_id(name, author=option == "--author"), True))
            except PoisonError as error:
                raise typer.BadParameter(f"{option} is not an id ({error.detail})") from None
    if file is not None:
        path = None if str(file) == "-" else file
        events += read_event_file(path, print_note, authors=authors)
    if not events:
        raise EventFileError(f"{file} has no ids and no deletions")
    settings = settings_of(context)
    configure_logs(settings.log.model_copy(update={"level": "error"}))
    erasure = erase(settings, _audited(events, reason), dry_run=dry_run)
    _print(erasure, dry_run=dry_run)
    if erasure.problems:
        raise typer.Exit(1)


def _audited(events: list[tuple[ComplianceEvent, bool]], reason: str | None) -> list[AuditedEvent]:
    from monitor.store import AuditedEvent

    command, now = f"erase {uuid.uuid4().hex[:12]}", datetime.now(UTC)
    return [
        AuditedEvent(event, command, now, by_hand=is_bare_id, reason=reason, commanded=True)
        for event, is_bare_id in events
    ]


def _print(erasure: Erasure, *, dry_run: bool) -> None:
    kinds = ", ".join(f"{count:,} {name}" for name, count in erasure.events.most_common())
    print_line(f"{'would apply' if dry_run else 'applied'}: {kinds}")
    for name, meaning in ROWS.items():
        if erasure.touched[name]:
            print_line(f"  {meaning}: {erasure.touched[name]:,}")
    if erasure.letters is not None:
        print_line(f"  dead letters removed: {erasure.letters.removed:,} of {erasure.letters.letters:,}")
    if erasure.without_match:
        print_note(
            f"{erasure.without_match:,} match nothing that is stored; posts that come later are left out"
        )
    if erasure.unmatched:
        print_note(
            f"the stored posts of {erasure.unmatched:,} authors may not all have been found: an author key "
            "is missing. Add it (ADE_PRIVACY__AUTHOR_KEY, or privacy.previous_author_keys) and run this "
            "again, or erase the posts with --post. Later posts of these authors are left out"
        )
    for problem in erasure.problems:
        print_note(problem)
