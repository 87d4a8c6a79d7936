"""`ade-monitor deadletters`: messages that could not be read, and how to send them again after the mend."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, deque
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from monitor.cli.console import print_table, say_note
from monitor.cli.options import Bootstrap, settings_of
from monitor.deadletters.letter import DETAIL
from monitor.deadletters.replay import ReplayError, ReplayOptions, ReplayResult, Selection, replay
from monitor.deadletters.stored_letters import StoredLetter, read_letters

deadletters_app = typer.Typer(
    help="Look at the messages that could not be read, and send them again after the mend.",
    no_args_is_help=True,
)

Topic = Annotated[str | None, typer.Option(help="The topic that they came from (setting kafka.topic).")]
Reason = Annotated[str | None, typer.Option(help="Only letters with this reason, such as not-json.")]


@deadletters_app.command("list")
def list_command(
    context: typer.Context,
    reason: Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="Also letters that were sent again.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="The newest so many (table: 20; JSON: all).", show_default=False)
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a letter, with the whole value.")
    ] = False,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
) -> None:
    """List the dead letters that wait for a mend, oldest first."""
    kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka
    reasons: Counter[str] = Counter()
    newest: deque[StoredLetter] = deque(maxlen=limit or 20)
    for letter in read_letters(kafka):
        if (reason and letter.reason != reason) or (letter.sent_to is not None and not everything):
            continue
        reasons[letter.reason] += 1
        if as_json and limit is None:
            typer.echo(json.dumps(letter.record(), ensure_ascii=False))
        else:
            newest.append(letter)
    if not reasons:
        kind = f" of the reason {reason}" if reason else ""
        say_note(f"no dead letters{kind} {'are' if everything else 'wait'} in {kafka.dead_letter_topic}")
        return
    if as_json:
        for letter in newest:
            typer.echo(json.dumps(letter.record(), ensure_ascii=False))
        return
    table = Table("letter", "reason", "detail", "sent to", "value", box=None)
    for letter in newest:
        table.add_row(
            letter.name, letter.reason, Text(letter.headers.get(DETAIL, "")), letter.sent_to, _start(letter)
        )
    print_table(table)
    counts = ", ".join(f"{count:,} {word}" for word, count in reasons.most_common())
    say_note(f"{reasons.total():,} in {kafka.dead_letter_topic}, {len(newest):,} shown: {counts}")


@deadletters_app.command("replay")
def replay_command(
    context: typer.Context,
    offset: Annotated[
        list[str] | None,
        typer.Option(metavar="P:O", help="This letter, as `list` names it; can be repeated."),
    ] = None,
    reason: Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    value: Annotated[str | None, typer.Option(help="Send this instead of what the one letter holds.")] = None,
    value_file: Annotated[
        Path | None, typer.Option(help="Send the content of this file instead; - is standard input.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Send letters too that are still unreadable.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Send letters too that were sent before.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing, tell what would be sent.")
    ] = False,
    topic: Topic = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Send dead letters to their topic again; each is sent once, and only when it can be read now.

    Status 1 says that a letter named by --offset was not sent.
    """
    kafka = settings_of(context, kafka__topic=topic, kafka__bootstrap_servers=bootstrap).kafka
    selection = Selection(frozenset(_checked(name) for name in offset or ()), reason)
    if not (offset or reason or everything):
        raise ReplayError("say which letters: --offset P:O, --reason WORD or --all")
    options = ReplayOptions(_mended(value, value_file), force=force, again=again, dry_run=dry_run)
    counts: Counter[ReplayResult] = Counter()
    missing = set(selection.names)
    for replayed in replay(kafka, selection, options):
        counts[replayed.outcome] += 1
        if replayed.outcome not in (ReplayResult.UNREADABLE, ReplayResult.CUT):
            missing.discard(replayed.letter.name)
        say_note(f"{replayed.letter.name} {replayed.outcome}: {replayed.detail}".rstrip(": "))
    typer.echo(", ".join(f"{count:,} {outcome}" for outcome, count in counts.items()) or "no letters to send")
    if missing:
        raise ReplayError(
            f"not sent: {', '.join(sorted(missing))} (see above, or not in {kafka.dead_letter_topic})"
        )


def _checked(name: str) -> str:
    if not re.fullmatch("[0-9]+:[0-9]+", name):
        raise ReplayError(f"--offset {name}: write the partition and the offset, such as 0:12")
    return name


def _mended(value: str | None, file: Path | None) -> bytes | None:
    if value is not None and file is not None:
        raise ReplayError("give --value or --value-file, not both")
    if value is not None:
        return value.encode(errors="surrogateescape")
    if file is None:
        return None
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ReplayError(f"--value-file {file} cannot be read: {error.strerror}") from None


def _start(letter: StoredLetter) -> Text:
    if letter.was_null:
        return Text("null", style="dim")
    text = letter.value[:400].decode(errors="replace")
    shown = "".join(char if char.isprintable() else "·" for char in text[:60])
    return Text(shown + ("…" if len(text) > len(shown) else ""))
