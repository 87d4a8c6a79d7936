"""`ade-monitor query`: find ADEs in the database, as a table, JSON Lines or CSV."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from models.terminal import terminal_safe
from monitor.cli.console import (
    CODE_WIDTH,
    add_row,
    highlighted,
    new_table,
    print_note,
    print_table,
)
from monitor.cli.effect_options import (
    BundleVersionOption,
    CodedOption,
    CodingOption,
    DrugOption,
    MinProbabilityOption,
    MinScoreOption,
    PtOption,
    SinceOption,
    TextOption,
    UntilOption,
    effect_filters,
    parse_range,
)
from monitor.cli.group_options import (
    DmeOption,
    HlgtOption,
    HltOption,
    ImeOption,
    ListednessOption,
    SmqOption,
    SocOption,
)
from monitor.cli.options import settings_of
from monitor.cli.waiting_messages import WaitingMessages

if TYPE_CHECKING:
    from monitor.store import ReportedEffect
    from monitor.store.labelled_rows import LabelledEffect

ROWS_PER_TABLE: Final = 200


def query_command(
    context: typer.Context,
    since: SinceOption = None,
    until: UntilOption = None,
    pt: PtOption = None,
    text: TextOption = None,
    drug: DrugOption = None,
    min_probability: MinProbabilityOption = None,
    min_score: MinScoreOption = None,
    bundle: BundleVersionOption = None,
    coded: CodedOption = None,
    soc: SocOption = None,
    hlgt: HlgtOption = None,
    hlt: HltOption = None,
    smq: SmqOption = None,
    ime: ImeOption = False,
    dme: DmeOption = False,
    listedness: ListednessOption = None,
    coding: CodingOption = None,
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
    from monitor.store import find_effects
    from monitor.store.audit import AuditEntry, filters_for_audit, record_audit
    from monitor.store.labelled_rows import labelled_effects

    if as_json + as_csv + for_spreadsheet > 1:
        raise typer.BadParameter("--json, --csv and --spreadsheet exclude each other: choose one")
    start, end = parse_range(since, until)
    settings = settings_of(context)
    filters = effect_filters(
        settings,
        since=start,
        until=end,
        pt=pt,
        text=text,
        drug=drug,
        min_probability=min_probability,
        min_score=min_score,
        bundle=bundle,
        coded=coded,
        soc=soc,
        hlgt=hlgt,
        hlt=hlt,
        smq=smq,
        ime=ime,
        dme=dme,
        listedness=listedness,
        coding=coding,
        # One more than shown, to know whether there are more.
        limit=limit + 1 if limit else None,
    )
    waiting = WaitingMessages(settings.kafka)
    effects = _Limited(find_effects(settings, filters), limit)
    if as_json or as_csv or for_spreadsheet:
        output = "json" if as_json else "csv" if as_csv else "spreadsheet"
        details = {"format": output, "filters": filters_for_audit(filters)}
        record_audit(settings, AuditEntry("query", "", details=details))
        write_lines(labelled_effects(settings, effects), as_json=as_json, for_spreadsheet=for_spreadsheet)
    else:
        write_table(effects)
    if effects.more:
        print_note(f"only the newest {limit} are shown; --limit 0 shows all")
    elif not effects.count:
        print_note("no ADE in the database matches")
    if count := waiting.count():
        print_note(f"{count:,} messages wait in the topic for a worker: query again later")


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


def write_lines(effects: Iterable[LabelledEffect], *, as_json: bool, for_spreadsheet: bool) -> None:
    """Write one line for each effect to stdout, as `ade-monitor export` writes it to a file.

    Args:
        effects: the rows.
        as_json: JSON Lines instead of CSV.
        for_spreadsheet: make the CSV safe for spreadsheets, see `CsvLines`.
    """
    from monitor.exports.row_lines import CsvLines, JsonLines
    from monitor.store.labelled_rows import LabelledEffect

    names = tuple(LabelledEffect.__dataclass_fields__)
    lines = JsonLines(names) if as_json else CsvLines(names, for_spreadsheet=for_spreadsheet)
    cells_of = attrgetter(*names)
    sys.stdout.write(lines.header())
    for effect in effects:
        sys.stdout.write(lines.line(cells_of(effect)))


def write_table(effects: Iterable[ReportedEffect]) -> None:
    """Print tables with a limited number of rows each, so that memory is limited, too."""
    remaining = iter(effects)
    for first in remaining:
        table = new_table("posted (UTC)", "tweet", "PT", "drug", "tweet p", "span p", expand=True)
        table.columns[0].no_wrap = True
        table.columns[1].ratio, table.columns[2].ratio = 3, 1
        table.columns[2].width = CODE_WIDTH  # of a column with a ratio, the least
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
