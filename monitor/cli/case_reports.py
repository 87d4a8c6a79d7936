"""How cases are shown on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from models.terminal import terminal_safe
from monitor.cli.console import (
    CODE_WIDTH,
    add_row,
    highlighted,
    new_table,
    print_line,
    print_note,
    print_table,
)

if TYPE_CHECKING:
    from monitor.store.cases import CaseDetails, CaseSummary


def print_cases(cases: Sequence[CaseSummary], limit: int) -> None:
    """Print a table of cases, and a note if there may be more."""
    if not cases:
        print_note("no case matches")
        return
    table = new_table("case", "drug", "effect", "posts", "last post (UTC)", "status", "missing", expand=True)
    table.columns[0].no_wrap = True
    table.columns[2].min_width = CODE_WIDTH
    for case in cases:
        posts = str(case.posts) + (f" (+{case.copies} copies)" if case.copies else "")
        status = case.status if case.owner is None else f"{case.status} ({case.owner})"
        add_row(
            table,
            case.case_id,
            case.drug or Text("none", style="dim"),
            _effect(case),
            posts,
            f"{case.last_at:%Y-%m-%d %H:%M}",
            status,
            ", ".join(case.missing) or "nothing",
        )
    print_table(table)
    if limit and len(cases) == limit:
        print_note(f"only the latest {limit} are shown; --limit 0 shows all")


def print_case(details: CaseDetails) -> None:
    """Print a case, its posts and its history."""
    case = details.summary
    rows = {
        "case": case.case_id,
        "drug": case.drug or "none is named",
        "effect": _effect(case),
        "status": case.status,
        "owner": case.owner or "nobody",
        "due": f"{case.due_at:%Y-%m-%d %H:%M} UTC" if case.due_at else "no date",
        "facts": ", ".join(case.facts) or "none",
        "missing": ", ".join(case.missing) or "nothing; a person must confirm it",
    }
    table = new_table("", "", show_header=False)
    for name, value in rows.items():
        add_row(table, Text(name, style="dim"), value)
    print_table(table)
    for post in details.posts:
        copies = f", {post.copies} copies" if post.copies else ""
        print_line(f"{post.posted_at:%Y-%m-%d %H:%M}  {terminal_safe(post.tweet_id)}  {post.role}{copies}")
        if post.text is None:
            print_note("its text is not stored any more")
            continue
        spans = [(span["start"], span["end"]) for span in post.spans]
        print_line(highlighted(post.text, *spans, style="bold reverse"))
        for fact in post.facts:
            value = f" = {terminal_safe(fact['value'])}" if fact["value"] else ""
            print_line(f"  {fact['kind']}{value}: {terminal_safe(fact['text'])}")
    for event in details.events:
        changes = ", ".join(
            f"{name.removesuffix('_at')} {value or 'none'}" for name, value in event.change.items()
        )
        words = "; ".join(filter(None, [changes, event.note]))
        print_line(f"{event.at:%Y-%m-%d %H:%M}  {terminal_safe(event.actor)}: {terminal_safe(words)}")


def _effect(case: CaseSummary) -> str:
    return f"{case.pt_name} {case.ptid}" if case.ptid else case.effect.removeprefix("words:")
