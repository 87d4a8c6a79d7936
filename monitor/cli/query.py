"""`ade-monitor query`: find ADEs in the database, as a table, JSON Lines or CSV."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from models.terminal import json_line, spreadsheet_safe, terminal_safe
from monitor.cli.console import (
    CODE_WIDTH,
    add_row,
    highlighted,
    new_table,
    print_note,
    print_table,
)
from monitor.cli.group_options import (
    DmeOption,
    HlgtOption,
    HltOption,
    ImeOption,
    ListednessOption,
    SmqOption,
    SocOption,
    group_filters_of,
)
from monitor.cli.options import chosen_drugs, parse_time, require_searchable, settings_of
from monitor.cli.waiting_messages import WaitingMessages

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.store import ReportedEffect

ROWS_PER_TABLE: Final = 200


def query_command(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="Posted at or after: 2026-03-14, 2026-03-14T09:26Z, 24h, 7d."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Posted before; a date alone is its midnight in UTC.")
    ] = None,
    pt: Annotated[str | None, typer.Option(help="MedDRA PT: its code, or its name in any case.")] = None,
    text: Annotated[str | None, typer.Option(help="Words of the tweet, all of them, in any order.")] = None,
    drug: Annotated[
        str | None,
        typer.Option(
            help="Linked to this drug, by any name: ingredient, brand, slang, or a class such as SSRIs."
        ),
    ] = None,
    min_probability: Annotated[
        float | None, typer.Option(min=0, max=1, help="Minimum probability that the tweet reports an ADE.")
    ] = None,
    min_score: Annotated[float | None, typer.Option(min=0, max=1, help="Minimum score of the span.")] = None,
    bundle: Annotated[
        str | None,
        typer.Option(help="A bundle's version, or 'all'; by default the latest that scored each tweet."),
    ] = None,
    coded: Annotated[
        bool | None, typer.Option("--coded/--uncoded", help="Only spans with a PT, or only those without.")
    ] = None,
    soc: SocOption = None,
    hlgt: HlgtOption = None,
    hlt: HltOption = None,
    smq: SmqOption = None,
    ime: ImeOption = False,
    dme: DmeOption = False,
    listedness: ListednessOption = None,
    coding: Annotated[
        str | None,
        typer.Option(
            metavar="RELEASE", help="Codes by a release of `ade-monitor recode` instead of the original ones."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Show only the newest N; 0 for all.")
    ] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines: one object for each ADE.")] = False,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv",
            help="CSV with a header; control characters become spaces. --json keeps them, and --spreadsheet "
            "is safer for Excel.",
        ),
    ] = False,
    for_spreadsheet: Annotated[
        bool,
        typer.Option(
            "--spreadsheet",
            help="CSV for Excel and similar programs: an apostrophe precedes whatever could start a formula.",
        ),
    ] = False,
) -> None:
    """Find ADEs, newest first: one row for each adverse effect in a tweet.

    Example: [bold]ade-monitor query --since 7d --drug zoloft --pt Insomnia --min-probability 0.8[/]
    """
    from monitor.store import Filters, find_effects
    from monitor.store.listed_effects import Listedness

    if as_json + as_csv + for_spreadsheet > 1:
        raise typer.BadParameter("--json, --csv and --spreadsheet exclude each other: choose one")
    if text is not None:
        require_searchable("--text", text)
    start, end = parse_time(since, "--since"), parse_time(until, "--until")
    if start and end and start >= end:
        raise typer.BadParameter(f"--since '{since}' is not before --until '{until}': nothing can match")
    settings = settings_of(context)
    choices = chosen_drugs(settings, [] if drug is None else [drug])
    groups = group_filters_of(settings, soc=soc, hlgt=hlgt, hlt=hlt, smq=smq, ime=ime, dme=dme)
    if coding is not None:
        _note_coding(settings, coding)
    filters = Filters(
        since=start,
        until=end,
        pt=pt,
        text=text,
        drug=choices[0] if choices else None,
        min_probability=min_probability,
        min_score=min_score,
        bundle=bundle,
        coded=coded,
        groups=groups,
        listedness=Listedness(listedness) if listedness else None,
        coding=coding,
        # One more than shown, to know whether there are more.
        limit=limit + 1 if limit else None,
    )
    waiting = WaitingMessages(settings.kafka)
    effects = _Limited(find_effects(settings, filters), limit)
    if as_json:
        write_json_lines(effects)
    elif as_csv or for_spreadsheet:
        write_csv(effects, for_spreadsheet=for_spreadsheet)
    else:
        write_table(effects)
    if effects.more:
        print_note(f"only the newest {limit} are shown; --limit 0 shows all")
    elif not effects.count:
        print_note("no ADE in the database matches")
    if count := waiting.count():
        print_note(f"{count:,} messages wait in the topic for a worker: query again later")


def _note_coding(settings: Settings, release: str) -> None:
    """Print a note if mentions came after the last recoding by a release: they are left out.

    Raises:
        BadParameter: no mention was recoded by it.
    """
    from monitor.store.coding_changes import has_newer_mentions, stored_codings

    if release not in (codings := stored_codings(settings)):
        known = f"there are codes by {', '.join(codings)}" if codings else "no mention was recoded"
        raise typer.BadParameter(
            f"--coding '{release}': {known}; `ade-monitor recode --terminology DIR` codes by another release"
        )
    if has_newer_mentions(settings, release):
        print_note(f"newer mentions have no code by {release} yet and are left out: recode again")


class _Limited:
    """The first `limit` effects (0: all); after the iteration, how many these were and if there are more."""

    def __init__(self, effects: Iterable[ReportedEffect], limit: int) -> None:
        self._effects = effects
        self._limit = limit
        self.count = 0
        self.more = False

    def __iter__(self) -> Iterator[ReportedEffect]:
        for effect in self._effects:
            if self._limit and self.count == self._limit:
                self.more = True
                return
            self.count += 1
            yield effect


def write_json_lines(effects: Iterable[ReportedEffect]) -> None:
    """Write one JSON object per line; times are ISO 8601 in UTC."""
    for effect in effects:
        sys.stdout.write(json_line(_record(effect)) + "\n")


def write_csv(effects: Iterable[ReportedEffect], *, for_spreadsheet: bool) -> None:
    """Write a header and one row per effect, quoted where needed (RFC 4180, with LF line ends).

    Control characters become spaces, because a pipe or a file may end on a terminal, too. Offsets stay the
    same.

    Args:
        effects: the rows.
        for_spreadsheet: also make each cell one line that is not a formula, see `spreadsheet_safe`. Its
            apostrophes change the text that `start` and `end` count in.
    """
    from monitor.store import ReportedEffect

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(ReportedEffect.__dataclass_fields__)
    make_safe = spreadsheet_safe if for_spreadsheet else partial(terminal_safe, keep_newlines=True)
    for effect in effects:
        cells = map(_csv_cell, _record(effect).values())
        writer.writerow([make_safe(cell) if isinstance(cell, str) else cell for cell in cells])


def write_table(effects: Iterable[ReportedEffect]) -> None:
    """Print tables with a limited number of rows each, so that memory is limited, too."""
    remaining = iter(effects)
    for first in remaining:
        table = new_table("posted (UTC)", "tweet", "PT", "drug", "tweet p", "span p", expand=True)
        table.columns[0].no_wrap = True
        table.columns[1].ratio, table.columns[2].ratio = 3, 1
        table.columns[2].min_width = CODE_WIDTH
        for effect in chain([first], islice(remaining, ROWS_PER_TABLE - 1)):
            add_row(
                table,
                f"{effect.posted_at:%Y-%m-%d %H:%M}",
                _tweet_cell(effect),
                _pt_cell(effect),
                effect.drug or Text("none", style="dim"),
                f"{effect.probability:.2f}",
                f"{effect.span_score:.2f}",
            )
        print_table(table)


def _tweet_cell(effect: ReportedEffect) -> Text:
    text = highlighted(effect.text, (effect.start, effect.end), style="bold reverse")
    if effect.copy_of is None:
        return text
    return Text.assemble((f"copy of {terminal_safe(effect.copy_of)}: ", "dim"), text)


def _pt_cell(effect: ReportedEffect) -> Text:
    if effect.ptid is None:
        return Text("uncoded", style="dim")
    return Text.assemble(terminal_safe(effect.pt_name or ""), " ", (effect.ptid, "dim"))


def _record(effect: ReportedEffect) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(effect).items()
    }


def _csv_cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
