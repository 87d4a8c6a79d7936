"""`ade-monitor retention`: remove what is older than the settings allow."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Final

import typer

from monitor.cli.console import print_json, print_line, print_note
from monitor.cli.options import settings_of

if TYPE_CHECKING:
    from monitor.compliance import RetentionResult
    from monitor.settings import Settings

retention_app = typer.Typer(no_args_is_help=True, help="Remove what is older than the settings allow.")

ROWS: Final = {
    "predictions": "predictions",
    "mentions": "mentions",
    "post_aliases": "other ids of posts",
    "alert_outbox": "alerts that were published",
}
"""What the numbers of rows mean, in the order in which they are printed."""

PAUSE: Final = 0.05
"""Seconds after a page: shorter than a worker's, because a person waits."""


@retention_app.command("apply")
def apply_command(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Remove nothing, and count what is due.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Remove posts and alerts that are older than `retention` in the settings allows.

    Workers do this every hour. It may be interrupted by Ctrl-C: what was removed stays removed, and the next
    run goes on.

    Example: [bold]ADE_RETENTION__NEGATIVES_DAYS=30 ade-monitor retention apply --dry-run[/]
    """
    from monitor.compliance import is_limited

    settings = settings_of(context)
    if not is_limited(settings.retention):
        raise typer.BadParameter(
            "everything is kept for ever: set retention.posts_days (ADE_RETENTION__POSTS_DAYS) along with "
            "retention.alerts_days, or one of retention.negatives_days and retention.alerts_days"
        )
    result = asyncio.run(_apply(settings, dry_run=dry_run))
    if result is None:
        print_note("another process is removing old posts at this moment")
        raise typer.Exit(1)
    if as_json:
        numbers = {"posts": result.posts, "alerts": result.alerts, "touched": dict(result.touched)}
        print_json({"dry_run": dry_run, **numbers, "problem": result.problem})
    else:
        _print(result, dry_run=dry_run)
    if result.problem:
        print_note(f"old alerts were not removed: {result.problem}")
        raise typer.Exit(1)


async def _apply(settings: Settings, *, dry_run: bool) -> RetentionResult | None:
    from monitor.compliance import RetentionJob
    from monitor.store import Store

    store = Store(settings)
    try:
        await store.check_revision()
        return await RetentionJob(settings, pause=PAUSE).apply(dry_run=dry_run)
    finally:
        await store.close()


def _print(result: RetentionResult, *, dry_run: bool) -> None:
    print_line(f"{'would remove' if dry_run else 'removed'}: {result.posts:,} posts")
    for name, meaning in ROWS.items():
        if result.touched[name]:
            print_line(f"  {meaning}: {result.touched[name]:,}")
    if result.alerts is not None:
        print_line(f"  alerts in Redis: {result.alerts:,}")
