"""`ade-monitor feed`: send posts from files or from standard input to the topic."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.console import file_progress, print_json, print_line, print_note
from monitor.cli.feed_reports import (
    MessageSample,
    TerminalReports,
    file_line,
    rehearsal_record,
    summary_line,
    summary_record,
)
from monitor.cli.file_options import (
    AcceptRoundedIds,
    AuthorField,
    DateField,
    DateOrder,
    Delimiter,
    Encoding,
    Files,
    FormatName,
    IdField,
    LangField,
    Quotes,
    SkipLines,
    TextField,
    read_options_of,
)
from monitor.cli.options import Bootstrap, Topic, settings_of
from monitor.errors import MonitorError
from monitor.feed import (
    AUTO,
    FeedOptions,
    FeedSummary,
    FieldMapping,
    RejectLimit,
    RejectLog,
    feed,
    list_inputs,
    parse_reject_limit,
    rehearse,
    require_format,
)

_STDIN = Path("-")


def feed_command(
    context: typer.Context,
    files: Files,
    form: FormatName = AUTO,
    topic: Topic = None,
    create_topic: Annotated[
        bool, typer.Option("--create-topic", help="Create the topic of --topic if it does not exist.")
    ] = False,
    bootstrap: Bootstrap = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="Send at most N posts per second.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="Stop after N posts.")] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Send nothing; print the first posts as they would be sent."),
    ] = False,
    max_rejects: Annotated[
        str | None,
        typer.Option(
            metavar="N|P%",
            help="Fail if a file has more than N rejects, or more than P% of its posts. By default, a file "
            "fails if nothing in it is valid.",
        ),
    ] = None,
    rejects: Annotated[Path | None, typer.Option(help="Write rejects to this file, as JSON Lines.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    id_field: IdField = None,
    text_field: TextField = None,
    author_field: AuthorField = None,
    date_field: DateField = None,
    lang_field: LangField = None,
    delimiter: Delimiter = None,
    skip_lines: SkipLines = 0,
    encoding: Encoding = None,
    quotes: Quotes = True,
    date_order: DateOrder = None,
    accept_rounded_ids: AcceptRoundedIds = False,
) -> None:
    """Send posts from files to Kafka, with their ids as keys; bad lines are reported and skipped.

    The format of each file is detected and printed, with its first post as it was read. Feeding the same
    posts again does no harm.
    """
    options = FeedOptions(
        format=require_format(form),
        reading=read_options_of(
            FieldMapping(id_field, text_field, author_field, date_field, lang_field),
            delimiter,
            skip_lines,
            encoding,
            quotes=quotes,
            date_order=date_order,
            accept_rounded_ids=accept_rounded_ids,
        ),
        rate=rate,
        limit=limit,
        reject_limit=_reject_limit(max_rejects),
        create_topic=create_topic or _is_configured(context, topic),
    )
    if _STDIN in files and sys.stdin is not None and sys.stdin.isatty():
        print_note("reading posts from the terminal; Ctrl-D on an empty line ends")
    with RejectLog(rejects, files, print_note) as log, file_progress() as show:
        reports = TerminalReports(log, show, is_rehearsal=dry_run)
        inputs = list_inputs(files, print_note, without=rejects)
        sample = MessageSample(is_quiet=as_json)
        if dry_run:
            target = None
            summary = rehearse(inputs, sample.add, options, reports)
        else:
            kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka
            target = kafka.topic
            summary = feed(kafka, inputs, options, reports)
    if as_json:
        print_json(summary_record(summary, target) if target else rehearsal_record(summary, sample))
    else:
        _print_summary(summary, target)
    _end(summary)


def _is_configured(context: typer.Context, topic: str | None) -> bool:
    """Return True if a topic is the one of the settings, so that it may be created."""
    return topic is None or topic == settings_of(context).kafka.topic


def _reject_limit(text: str | None) -> RejectLimit:
    try:
        return parse_reject_limit(text)
    except ValueError as error:
        raise typer.BadParameter(f"--max-rejects {error}") from None


def _print_summary(summary: FeedSummary, topic: str | None) -> None:
    if len(summary.files) > 1:
        for file in summary.files:
            print_line(file_line(file))
    if summary.read or not summary.failures:
        print_line(summary_line(summary, topic))


def _end(summary: FeedSummary) -> None:
    """End the command with the status that fits its result."""
    if summary.stopped_by is not None and summary.files:
        last = summary.files[-1]
        print_note(
            f"stopped at line {last.line:,} of {last.name}; the same command sends the rest: posts that are "
            "there already count once"
        )
    if isinstance(summary.stopped_by, MonitorError):
        raise summary.stopped_by
    if summary.stopped_by is not None:
        raise typer.Exit(130)
    if summary.failures:
        raise typer.Exit(1)
