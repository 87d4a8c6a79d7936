"""`ade-monitor deadletters`: list messages that could not be read, and send them again once fixed."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from monitor.cli.console import add_row, new_table, print_json, print_line, print_note, print_table
from monitor.cli.options import Bootstrap, settings_of
from monitor.deadletters import (
    DETAIL,
    NewestLetters,
    ReplayError,
    ReplayOptions,
    ReplayResult,
    Selection,
    StoredLetter,
    newest_letters,
    read_letters,
    replay_letters,
)
from monitor.settings import KafkaSettings

deadletters_app = typer.Typer(
    help="List the messages that could not be read, and send them again once fixed.",
    no_args_is_help=True,
)

SHOWN_CHARACTERS = 60  # of the value of a letter, in the table
TABLE_ROWS = 20

Topic = Annotated[str | None, typer.Option(help="The topic that they came from (setting kafka.topic).")]
Reason = Annotated[str | None, typer.Option(help="Only letters with this reason, such as not-json.")]


@deadletters_app.command("list")
def list_command(
    context: typer.Context,
    reason: Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="Include letters that were sent again.")] = False,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Only the newest N (table: 20; JSON: all).", show_default=False),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per letter, with the whole value.")
    ] = False,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
) -> None:
    """List the dead letters that have not been sent again, oldest first."""
    kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka

    def is_listed(letter: StoredLetter) -> bool:
        return (not reason or letter.reason == reason) and (everything or letter.sent_to is None)

    if as_json and limit is None:
        is_empty = True
        for letter in filter(is_listed, read_letters(kafka)):
            print_json(letter.record())
            is_empty = False
        if is_empty:
            _note_none(kafka, reason, everything=everything)
        return
    newest = newest_letters(kafka, limit or TABLE_ROWS, is_listed)
    if not newest.letters:
        _note_none(kafka, reason, everything=everything)
    elif as_json:
        for letter in newest.letters:
            print_json(letter.record())
    else:
        _print_letters(kafka, newest)


def _note_none(kafka: KafkaSettings, reason: str | None, *, everything: bool) -> None:
    kind = f" with the reason {reason}" if reason else ""
    print_note(f"no dead letters{kind} {'are' if everything else 'wait'} in {kafka.dead_letter_topic}")


def _print_letters(kafka: KafkaSettings, newest: NewestLetters) -> None:
    table = new_table("letter", "reason", "detail", "source", "sent to", "value")
    for letter in newest.letters:
        detail = letter.headers.get(DETAIL, "")
        add_row(
            table, letter.name, letter.reason, detail, letter.source, letter.sent_to, _start_of_value(letter)
        )
    print_table(table)
    if newest.unread:
        print_note(
            f"the newest {len(newest.letters):,} of {kafka.dead_letter_topic} are shown; before them "
            f"are up to {newest.unread:,} messages that were not read (--limit shows more)"
        )
        return
    counts = ", ".join(f"{count:,} {reason}" for reason, count in newest.reasons.most_common())
    print_note(
        f"{newest.reasons.total():,} in {kafka.dead_letter_topic}, {len(newest.letters):,} shown: {counts}"
    )


@deadletters_app.command("replay")
def replay_command(
    context: typer.Context,
    offset: Annotated[
        list[str] | None,
        typer.Option(metavar="P:O", help="This letter, as `list` names it. Repeatable."),
    ] = None,
    reason: Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    value: Annotated[
        str | None, typer.Option(help="Send this value instead of that of the one letter.")
    ] = None,
    value_file: Annotated[
        Path | None, typer.Option(help="Send the content of this file instead; - is standard input.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also send letters that are still unreadable.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Also send letters that were sent before.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing, show what would be sent.")
    ] = False,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Send dead letters to their topic again; each is sent once, and only if it can be read now.

    Status 1 means that a letter named by --offset was not sent.
    """
    kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka
    selection = Selection(frozenset(_check_name(name) for name in offset or ()), reason)
    if not (offset or reason or everything):
        raise ReplayError("no letters are selected", "use --offset P:O, --reason WORD or --all")
    options = ReplayOptions(_new_value(value, value_file), force=force, again=again, dry_run=dry_run)
    counts: Counter[ReplayResult] = Counter()
    missing = set(selection.names)
    for replayed in replay_letters(kafka, selection, options):
        counts[replayed.outcome] += 1
        if replayed.outcome not in (ReplayResult.UNREADABLE, ReplayResult.CUT):
            missing.discard(replayed.letter.name)
        print_note(f"{replayed.letter.name} {replayed.outcome}: {replayed.detail}".rstrip(": "))
    print_line(", ".join(f"{count:,} {result}" for result, count in counts.items()) or "no letters to send")
    if missing:
        raise ReplayError(
            f"not sent: {', '.join(sorted(missing))}. The reason is above, unless the letter is not in "
            f"{kafka.dead_letter_topic}"
        )


def _check_name(name: str) -> str:
    if not re.fullmatch("[0-9]+:[0-9]+", name):
        raise ReplayError(f"--offset {name} is not a letter", "write its partition and offset, such as 0:12")
    return name


def _new_value(value: str | None, file: Path | None) -> bytes | None:
    if value is not None and file is not None:
        raise ReplayError("--value and --value-file exclude each other", "choose one")
    if value is not None:
        return value.encode(errors="surrogateescape")
    if file is None:
        return None
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ReplayError(f"--value-file {file} cannot be read: {error.strerror}") from None


def _start_of_value(letter: StoredLetter) -> Text:
    if letter.was_null:
        return Text("null", style="dim")
    text = letter.value[:400].decode(errors="replace")
    start = "".join(char if char.isprintable() else "·" for char in text[:SHOWN_CHARACTERS])
    return Text(start + ("…" if len(text) > len(start) else ""))
