"""How items, verdicts and samples of the review are shown on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from models.terminal import terminal_safe
from monitor.cli.console import (
    CODE_WIDTH,
    add_row,
    counted,
    highlighted,
    new_table,
    print_json,
    print_line,
    print_note,
    print_table,
)

if TYPE_CHECKING:
    from monitor.review import Agreement
    from monitor.signals.precision_drift import PrecisionDrift
    from monitor.store.reviews import DrawnSample, ItemState, ListedItem, ShownItem


def print_item(item: ShownItem) -> None:
    """Print an item: its post with the span, what the model said, and how to decide."""
    rows = {
        "item": f"{item.item_id} ({', '.join(item.reasons)})",
        "model": f"{item.label}, probability {item.probability:.2f}",
        "effect": _effect(item),
        "others": ", ".join(f"{each['pt_name']} {each['ptid']}" for each in item.runners_up[:3]) or "none",
        "drug": item.drug or "none",
        "facts": ", ".join(item.facts) or "none",
        "language": item.lang or "unknown",
    }
    if item.span is None:
        for name in ("effect", "others", "drug"):
            del rows[name]
    table = new_table("", "", show_header=False)
    for name, value in rows.items():
        add_row(table, Text(name, style="dim"), value)
    print_table(table)
    if item.context:
        print_note(f"context: {item.context}")
    spans = [] if item.span is None else [item.span]
    print_line(highlighted(item.text, *spans, style="bold reverse"))
    for verdict in item.verdicts:
        values = [str(value) for name, value in verdict.items() if name != "decision" and value is not None]
        print_line(f"a reviewer said: {' '.join([verdict['decision'], *values])}")
    print_note(f"decide: `ade-monitor review decide {item.item_id} VERDICT`")
    if item.label == "ADE":
        print_note(f"another effect in it: `ade-monitor review missed {item.item_id} --span START:END`")


def print_state(item_id: int, state: ItemState, *, as_json: bool) -> None:
    """Print what holds for an item after a verdict, or after its undoing."""
    holds = state.holds and state.holds.verdict.decision.value
    if as_json:
        print_json({"item_id": item_id, "state": state.state, "outcome": holds})
        return
    meanings = {
        "open": "it waits for another verdict",
        "disputed": "two verdicts differ; it waits for an adjudicator (`review next --adjudicate`)",
        "done": f"done, verdict {holds}",
    }
    print_line(f"item {item_id}: {meanings[state.state]}")


def print_items(items: Sequence[ListedItem], limit: int) -> None:
    """Print a table of items, and a note if there may be more."""
    if not items:
        print_note("no item matches")
        return
    table = new_table("item", "chosen as", "model", "effect", "drug", "verdicts", "state", expand=True)
    table.columns[3].min_width = CODE_WIDTH
    for item in items:
        state = item.state if item.outcome is None else f"{item.state}: {item.outcome}"
        if not item.readable:
            state += " (post gone)"
        add_row(
            table,
            str(item.item_id),
            ", ".join(item.reasons),
            f"{item.label} {item.probability:.2f}",
            f"{item.pt_name} {item.ptid}" if item.ptid else Text("none", style="dim"),
            item.drug or Text("none", style="dim"),
            f"{item.verdicts} of {item.needed}",
            state,
        )
    print_table(table)
    if limit and len(items) == limit:
        print_note(f"only the first {limit} are shown; --limit 0 shows all")


def print_sample(sample: DrawnSample) -> None:
    """Print what a sample has."""
    window = f"{sample.since:%Y-%m-%d %H:%M} to {sample.until:%Y-%m-%d %H:%M} UTC"
    counts = f"{counted(sample.posts, 'post')}, {counted(sample.items, 'item')}"
    verb = "drawn" if sample.is_new else "was there already"
    print_line(f"{sample.strategy} sample {sample.sample_id} {verb}: {counts}, {window}, seed {sample.seed}")
    if not sample.items:
        print_note("the database has no such posts in this window")


def print_agreement(results: Sequence[Agreement]) -> None:
    """Print a table of coefficients."""
    table = new_table("about", "coefficient", "reviewers", "items", "agreed", "value", "95% interval")
    for each in results:
        interval = "" if each.low is None else f"{each.low:.2f} to {each.high:.2f}"
        add_row(
            table,
            each.about,
            each.coefficient,
            " and ".join(each.reviewers) or "all",
            f"{each.items:,}",
            "" if each.agreed is None else f"{each.agreed:.0%}",
            "undefined" if each.value is None else f"{each.value:.2f}",
            interval,
        )
    print_table(table)


def print_drift(drift: PrecisionDrift) -> None:
    """Print the result of a comparison of verdicts."""
    if not drift.reviewed:
        print_note("no verdicts to compare: draw a random sample each week, and review it")
        return
    counts = f"{drift.positives:,} of {counted(drift.reviewed, 'post')} report an effect"
    print_line(f"{counts}; {drift.expected:,.1f} were expected (p = {drift.p_value:.2g})")
    print_line("the model has become less precise" if drift.dropped else "no drop of precision is shown")


def _effect(item: ShownItem) -> str:
    words = terminal_safe(item.span_text or "")
    if item.ptid is None:
        return f"“{words}”, without a PT"
    score = "" if item.pt_score is None else f", probability {item.pt_score:.2f}"
    return f"“{words}” → {item.pt_name} {item.ptid}{score}"
