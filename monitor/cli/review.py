"""`ade-monitor review`: people decide about mentions, one after the other.

`review_samples` has the commands that draw samples and measure.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.console import print_json, print_note
from monitor.cli.effect_options import parse_range
from monitor.cli.options import chosen_drugs, mistakes_as_usage, settings_of
from monitor.cli.review_reports import print_item, print_items, print_state
from monitor.cli.review_samples import (
    Since,
    Until,
    agreement_command,
    drift_command,
    export_reviews_command,
    sample_command,
)

if TYPE_CHECKING:
    from monitor.settings import Settings
    from monitor.store.reviews import ReviewVerdict

review_app = typer.Typer(help="Decide about mentions that the model found.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
StrategyOf = Annotated[
    str | None,
    typer.Option(
        "--strategy", help="Only items of this strategy: random, active, uncertain, serious or unlisted."
    ),
]
Span = Annotated[
    str | None,
    typer.Option(metavar="START:END", help="The right words: 12:18 are the characters 12 to 17, from 0."),
]
RightPt = Annotated[
    str | None, typer.Option("--pt", help="The right PT: its code, the name of a stored PT, or none.")
]
RightDrug = Annotated[
    str | None, typer.Option("--drug", help="The right drug, by any of its names, or none.")
]


@review_app.command("next")
def next_command(
    context: typer.Context,
    strategy: StrategyOf = None,
    adjudicate: Annotated[
        bool,
        typer.Option("--adjudicate", help="An item about which two others disagree, with their verdicts."),
    ] = False,
    minutes: Annotated[
        int, typer.Option(min=1, max=1_440, help="How long nobody else gets the item, in minutes.")
    ] = 30,
    as_json: AsJson = False,
) -> None:
    """Show the next item: its post with the words of the effect, but nothing about its author.

    Nobody else gets it meanwhile. Until you decide, you get the same one again.
    """
    from monitor.store.reviews import NextRequest, next_item

    request = NextRequest(_strategy(strategy), adjudicate, timedelta(minutes=minutes))
    item = next_item(settings_of(context), request)
    if as_json:
        print_json(None if item is None else asdict(item))
    elif item is None:
        print_note("nothing waits for you; `ade-monitor review sample` adds items")
    else:
        print_item(item)


@review_app.command("decide")
def decide_command(
    context: typer.Context,
    item: Annotated[int, typer.Argument(metavar="ITEM", help="Number of the item.")],
    decision: Annotated[
        str,
        typer.Argument(
            metavar="VERDICT",
            help="correct, not-an-ade, wrong-span, wrong-pt, wrong-drug, missed-ade or cannot-tell.",
        ),
    ],
    span: Span = None,
    pt: RightPt = None,
    drug: RightDrug = None,
    seconds: Annotated[
        float | None,
        typer.Option(min=0, help="How long it took; by default since `review next` showed the item."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Store a verdict about an item. What the model said stays in the database.

    Example: [bold]ade-monitor review decide 17 wrong-pt --pt 10022437[/]
    """
    from monitor.store.reviews import ReviewDecision, ReviewError, decide_item

    if decision not in set(ReviewDecision):
        raise typer.BadParameter(f"'{decision}' is not a verdict: use {', '.join(ReviewDecision)}")
    settings = settings_of(context)
    with mistakes_as_usage(ReviewError):
        verdict = _verdict(settings, decision, span, pt, drug, seconds)
        state = decide_item(settings, item, verdict)
    print_state(item, state, as_json=as_json)


@review_app.command("missed")
def missed_command(
    context: typer.Context,
    item: Annotated[int, typer.Argument(metavar="ITEM", help="Number of an item of the same post.")],
    span: Span = None,
    pt: RightPt = None,
    drug: RightDrug = None,
    as_json: AsJson = False,
) -> None:
    """Add an effect that the model has missed in a post in which it found another one.

    It becomes an item of its own, with its number printed. `review undo` takes it back.

    Example: [bold]ade-monitor review missed 17 --span 26:38 --pt 10022437[/]
    """
    from monitor.store.reviews import ReviewDecision, ReviewError, add_missed_effect

    settings = settings_of(context)
    with mistakes_as_usage(ReviewError):
        verdict = _verdict(settings, ReviewDecision.MISSED_ADE, span, pt, drug, None)
        number, state = add_missed_effect(settings, item, verdict)
    print_state(number, state, as_json=as_json)


@review_app.command("undo")
def undo_command(
    context: typer.Context,
    item: Annotated[
        int | None, typer.Argument(metavar="ITEM", help="Number of the item; by default your last one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Undo your last verdict. It stays in the history, with the time of its undoing."""
    from monitor.store.reviews import ReviewError, undo_verdict

    with mistakes_as_usage(ReviewError):
        number, state = undo_verdict(settings_of(context), item)
    print_state(number, state, as_json=as_json)


@review_app.command("list")
def list_command(
    context: typer.Context,
    state: Annotated[str | None, typer.Option(help="Only open, disputed or done items.")] = None,
    strategy: StrategyOf = None,
    outcome: Annotated[str | None, typer.Option(help="Only items with this verdict.")] = None,
    drug: Annotated[str | None, typer.Option(help="Only about this drug, by any of its names.")] = None,
    pt: Annotated[str | None, typer.Option(help="MedDRA PT: its code, or its name in any case.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Show only the first N; 0 for all.")
    ] = 50,
    as_json: AsJson = False,
) -> None:
    """List items without their texts, in the order in which reviewers get them."""
    from monitor.store.reviews import ItemFilters, ReviewDecision, find_items

    if state is not None and state not in ("open", "disputed", "done"):
        raise typer.BadParameter(f"'{state}' is not a state: use open, disputed or done")
    if outcome is not None and outcome not in set(ReviewDecision):
        raise typer.BadParameter(f"'{outcome}' is not a verdict: use {', '.join(ReviewDecision)}")
    settings = settings_of(context)
    start, end = parse_range(since, until)
    filters = ItemFilters(
        state=state,
        strategy=_strategy(strategy),
        outcome=outcome,
        drug=None if drug is None else _drug(settings, drug),
        pt=pt,
        since=start,
        until=end,
        limit=limit or None,
    )
    items = find_items(settings, filters)
    if as_json:
        for item in items:
            print_json(asdict(item))
    else:
        print_items(list(items), limit)


review_app.command("sample")(sample_command)
review_app.command("agreement")(agreement_command)
review_app.command("export")(export_reviews_command)
review_app.command("drift")(drift_command)


def _strategy(strategy: str | None) -> str | None:
    """Check the value of `--strategy`.

    Raises:
        typer.BadParameter: it is not a strategy.
    """
    from monitor.store.reviews import Strategy

    if strategy is not None and strategy not in set(Strategy):
        raise typer.BadParameter(f"'{strategy}' is not a strategy: use {', '.join(Strategy)}")
    return strategy


def _verdict(
    settings: Settings,
    decision: str,
    span: str | None,
    pt: str | None,
    drug: str | None,
    seconds: float | None,
) -> ReviewVerdict:
    """Return the verdict of the options.

    Raises:
        typer.BadParameter: the span is not two numbers, or the dictionary does not have the drug.
        ReviewError: there is no such PT.
    """
    from monitor.store import reading_engine, translate_driver_errors
    from monitor.store.reviews import ReviewDecision, ReviewVerdict, find_pt

    right_drug = None if drug is None else _drug(settings, drug)
    right_span = None if span is None else _span(span)
    ptid, pt_name = None, None
    if pt is not None:
        database = settings.database
        with translate_driver_errors(database), reading_engine(database).connect() as connection:
            ptid, pt_name = find_pt(connection, pt)
    return ReviewVerdict(ReviewDecision(decision), right_span, ptid, pt_name, right_drug, seconds)


def _span(text: str) -> tuple[int, int]:
    """Parse the value of `--span`.

    Raises:
        typer.BadParameter: it is not two numbers.
    """
    start, _, end = text.partition(":")
    if not (start.strip().isdecimal() and end.strip().isdecimal()):
        raise typer.BadParameter(f"--span '{text}' is not a span: write start and end, such as 12:18")
    return int(start), int(end)


def _drug(settings: Settings, name: str) -> str:
    """Return the canonical name of a drug, or "none".

    Raises:
        typer.BadParameter: the dictionary does not have it.
    """
    from monitor.store.reviews import NO_TERM

    if name.strip().casefold() == NO_TERM:
        return NO_TERM
    return chosen_drugs(settings, [name])[0].drug
