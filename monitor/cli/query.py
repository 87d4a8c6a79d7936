"""`ade-monitor query`: look ADEs up in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.console import say_note
from monitor.cli.options import parse_time, settings_of

if TYPE_CHECKING:
    from monitor.store.ade_report import ReportedEffect


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
        str | None, typer.Option(help="A drug: a whole word of the tweet, with or without #.")
    ] = None,
    min_probability: Annotated[
        float | None, typer.Option(min=0, max=1, help="The tweet's probability of ADE, at least.")
    ] = None,
    min_score: Annotated[float | None, typer.Option(min=0, max=1, help="The span's score, at least.")] = None,
    bundle: Annotated[
        str | None,
        typer.Option(help="A bundle's version, or 'all'; by default the latest that judged each tweet."),
    ] = None,
    coded: Annotated[
        bool | None, typer.Option("--coded/--uncoded", help="Only spans with a PT, or only those without.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="At most so many ADEs; 0 for all.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines: one object for each ADE.")] = False,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv", help="CSV with a header, values exactly as they are; for Excel rather --spreadsheet."
        ),
    ] = False,
    for_spreadsheet: Annotated[
        bool,
        typer.Option(
            "--spreadsheet",
            help="CSV for Excel and the like: what would start a formula gets an apostrophe before it.",
        ),
    ] = False,
) -> None:
    """Look up ADEs, newest first: one row for each adverse effect in a tweet.

    Example: [bold]ade-monitor query --since 7d --drug zoloft --pt Insomnia --min-probability 0.8[/]
    """
    from monitor.cli import query_output
    from monitor.store.ade_report import Filters, find_effects, has_words

    if as_json + as_csv + for_spreadsheet > 1:
        raise typer.BadParameter("--json, --csv and --spreadsheet exclude each other: choose one")
    for name, words in (("--text", text), ("--drug", drug)):
        if words is not None and not has_words(words):
            raise typer.BadParameter(f"{name} '{words}' has no letter and no digit to search for")
    start, end = parse_time(since, "--since"), parse_time(until, "--until")
    if start and end and start >= end:
        raise typer.BadParameter(f"--since '{since}' is not before --until '{until}': nothing can fit")
    filters = Filters(
        since=start,
        until=end,
        pt=pt,
        text=text,
        drug=drug,
        min_probability=min_probability,
        min_score=min_score,
        bundle=bundle,
        coded=coded,
        # One more than shown, to know whether there is more.
        limit=limit + 1 if limit else None,
    )
    shown = _Shown(find_effects(settings_of(context), filters), limit)
    if as_json:
        query_output.write_json_lines(shown)
    elif as_csv or for_spreadsheet:
        query_output.write_csv(shown, for_spreadsheet=for_spreadsheet)
    else:
        query_output.write_table(shown)
    if shown.more:
        say_note(f"only the newest {limit} are shown; --limit 0 shows all")
    elif not shown.count:
        say_note("no ADE in the database fits")


class _Shown:
    """The first `limit` findings (0: all of them); afterwards it knows how many those were, and of more."""

    def __init__(self, findings: Iterable[ReportedEffect], limit: int) -> None:
        self._findings = findings
        self._limit = limit
        self.count = 0
        self.more = False

    def __iter__(self) -> Iterator[ReportedEffect]:
        for finding in self._findings:
            if self._limit and self.count == self._limit:
                self.more = True
                return
            self.count += 1
            yield finding
