"""`ade-monitor compliance`: what deletions there were, how long they took, and the keys of authors."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from monitor.cli.console import add_row, new_table, print_json, print_line, print_note, print_table
from monitor.cli.options import parse_time, settings_of

compliance_app = typer.Typer(
    no_args_is_help=True, help="Show what deletions there were, how long they took, and the keys of authors."
)


@compliance_app.command("report")
def report_command(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Only events that arrived since: 2026-03-14, 24h, 7d.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Count the deletions and other compliance events, and show the slowest.

    X allows 24 hours from an event to the removal. Events that took longer are counted as late.
    """
    from monitor.compliance import read_compliance_report

    report = read_compliance_report(settings_of(context), parse_time(since, "--since"))
    if as_json:
        print_json({**asdict(report), "slowest": report.slowest})
        return
    table = new_table(
        "event",
        "count",
        "erased posts",
        "retracted alerts",
        "no match",
        "slowest",
        "since arrival",
        "over 24 h",
    )
    for event in report.events:
        add_row(
            table,
            event.event,
            f"{event.events:,}",
            f"{event.erased_posts:,}",
            f"{event.retracted_alerts:,}",
            f"{event.without_match + event.unmatched:,}",
            _duration(event.slowest_since_event),
            _duration(event.slowest_since_arrival),
            f"{event.late:,}",
        )
    if report.events:
        print_table(table)
    else:
        print_note("no compliance event has arrived" + (f" since {since}" if since else ""))
    print_note(
        f"{report.tombstones:,} tombstones; {report.waiting_retractions:,} alerts wait for their retraction, "
        f"{report.waiting_letters:,} events for the removal of dead letters"
    )
    unmatched = sum(event.unmatched for event in report.events)
    if unmatched:
        print_note(
            f"of {unmatched:,} events about authors, not all posts may have been found: an author key is "
            "missing. `ade-monitor compliance keys` names it"
        )
    if report.posts_without_author:
        print_note(f"{report.posts_without_author:,} stored posts cannot be matched with any author")


@compliance_app.command("keys")
def keys_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per key.")] = False,
) -> None:
    """Show which keys the hashes of stored authors were made with. Keys themselves are never shown.

    Posts of an author are found by the current key and by those of privacy.previous_author_keys. A key
    without posts is not needed any more: run `forget-key` with it, and then remove it from the settings. The
    command reads the whole table of posts.
    """
    from monitor.compliance import read_key_uses

    uses = read_key_uses(settings_of(context))
    if as_json:
        for use in uses:
            oldest, newest = (time and time.isoformat() for time in (use.oldest, use.newest))
            print_json({**asdict(use), "oldest": oldest, "newest": newest})
        return
    if not uses:
        print_note("no author is stored, and privacy.author_key (ADE_PRIVACY__AUTHOR_KEY) is not set")
        return
    table = new_table("key", "state", "posts", "oldest", "newest")
    for use in uses:
        times = (f"{time:%Y-%m-%d}" if time else "-" for time in (use.oldest, use.newest))
        add_row(table, use.key_id, use.state, f"{use.posts:,}", *times)
    print_table(table)
    if any(use.state == "missing" for use in uses):
        print_note(_missing_advice(has_current=any(use.state == "current" for use in uses)))


@compliance_app.command("forget-key")
def forget_key_command(
    context: typer.Context,
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="Id of the key, as `keys` shows it.")],
    force: Annotated[
        bool, typer.Option("--force", help="Although privacy.author_key is not set here.")
    ] = False,
) -> None:
    """Remove the author hashes that were made with a key, for example because somebody else has it.

    The posts stay, and no author can be matched with them any more. The command may be interrupted and run
    again. It needs privacy.author_key as the workers have it, to know that the key is not theirs.
    """
    from monitor.compliance import forget_key

    forgotten = forget_key(settings_of(context), key_id, force=force)
    print_line(f"removed: {forgotten:,} author hashes of the key {key_id}")


def _missing_advice(*, has_current: bool) -> str:
    fact = "posts of a missing key cannot be matched with any author"
    if not has_current:
        return f"{fact}. It may be that of the workers: set privacy.author_key here, too"
    return (
        f"{fact}: add the key to privacy.previous_author_keys, or remove its hashes with "
        "`ade-monitor compliance forget-key`"
    )


def _duration(seconds: float | None) -> str:
    """Return a time for people: `0.42 s`, `3 min`, `5.5 h`, `12 d`."""
    if seconds is None:
        return "-"
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if abs(seconds) >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.2f} s"
