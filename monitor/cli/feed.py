"""`ade-monitor feed`: send tweets from a file or from standard input to the topic."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli.console import file_progress, print_json, print_line, print_note
from monitor.cli.options import (
    AuthorColumn,
    Bootstrap,
    DateColumn,
    FileFormat,
    IdColumn,
    LangColumn,
    Quotes,
    TextColumn,
    Topic,
    settings_of,
)
from monitor.errors import MonitorError
from monitor.feed import Columns, FeedError, FeedOptions, FeedProgress, FeedSummary, RejectLog, feed


def feed_command(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="File to feed; - is standard input. May be gzip.", show_default=False)
    ],
    kind: FileFormat = None,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="Send at most N tweets per second.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="Stop after N tweets.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write bad lines to this file, as JSON Lines.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    id_column: IdColumn = None,
    text_column: TextColumn = None,
    author_column: AuthorColumn = None,
    date_column: DateColumn = None,
    lang_column: LangColumn = None,
    quotes: Quotes = True,
) -> None:
    """Send tweets from FILE to Kafka, with their ids as keys; bad lines are reported and skipped.

    FILE is JSON Lines (objects of X API v2 and v1.1, or plain {"id", "text"}), CSV or TSV with a header, or
    the tweets.tsv of SMM4H. Feeding the same tweets again does no harm.
    """
    kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka
    path = None if str(file) == "-" else file
    if path is None and sys.stdin is not None and sys.stdin.isatty():
        print_note("reading tweets from the terminal; Ctrl-D on an empty line ends")
    options = FeedOptions(
        format=kind,
        columns=Columns(id_column, text_column, author_column, date_column, lang_column),
        quotes=quotes,
        rate=rate,
        limit=limit,
    )
    with RejectLog(rejects, path, print_note) as reject_log, file_progress() as show:

        def show_progress(progress: FeedProgress) -> None:
            counts = f"{progress.sent:,} sent, {progress.rejected:,} rejected"
            show(progress.position, progress.size, counts)

        summary = feed(kafka, path, options, on_reject=reject_log, on_progress=show_progress)
    if isinstance(summary.stopped_by, FeedError) and not summary.read:
        raise summary.stopped_by
    if not summary.read and summary.stopped_by is None and limit != 0:
        print_note(f"{path or 'standard input'} has no tweets in it")
    if as_json:
        print_json(_record(summary, kafka.topic))
    else:
        print_line(_sentence(summary, kafka.topic))
    if isinstance(summary.stopped_by, MonitorError):
        raise summary.stopped_by
    if summary.stopped_by is not None:
        raise typer.Exit(130)


def _sentence(summary: FeedSummary, topic: str) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(summary.reasons.items()))
    rejected = f"rejected {summary.rejected:,}" + (f" ({reasons})" if reasons else "")
    failed = f", failed {summary.failed:,}" if summary.failed else ""
    duration = f"{summary.seconds:.1f} s ({summary.per_second:,.0f}/s)"
    return f"read {summary.read:,}, sent {summary.sent:,} to {topic}, {rejected}{failed}, in {duration}"


def _record(summary: FeedSummary, topic: str) -> dict[str, Any]:
    return {
        "topic": topic,
        "read": summary.read,
        "sent": summary.sent,
        "rejected": summary.rejected,
        "reasons": summary.reasons,
        "failed": summary.failed,
        "seconds": round(summary.seconds, 3),
        "per_second": round(summary.per_second, 1),
        "complete": summary.stopped_by is None,
    }
