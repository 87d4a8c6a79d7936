"""How the history of a pair is shown: its weeks, and notes about bursts and changes."""

from __future__ import annotations

import csv
import sys
from typing import TYPE_CHECKING, Any, Literal

from models.terminal import json_line
from monitor.cli.console import add_row, counted, new_table, print_note, print_table
from monitor.cli.signal_columns import UNDEFINED
from monitor.cli.signal_tables import print_warnings

if TYPE_CHECKING:
    from monitor.signals.pair_history import PairHistory
    from monitor.signals.series import WeekCounts

COLUMNS = ("week", "days", "cases", "mentions", "per_thousand_mentions", "low", "high", "burst", "change")
"""What is known of each week; `burst` and `change` are true if one begins in it."""


def write_history(history: PairHistory, form: Literal["table", "json", "csv"]) -> None:
    """Print the weeks of a pair, and on stderr what stands out."""
    records = [_record(week, history) for week in history.weeks]
    if form == "json":
        for record in records:
            sys.stdout.write(json_line(record) + "\n")
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    elif records:
        _print_weeks(records)
    print_warnings(on_stdout=form == "table")
    _print_notes(history)


def _record(week: WeekCounts, history: PairHistory) -> dict[str, Any]:
    rates = (None if rate is None else 1000 * rate for rate in (week.rate, week.low, week.high))
    rate, low, high = rates
    monday = week.monday
    return {
        "week": monday.isoformat(),
        "days": week.days,
        "cases": week.cases,
        "mentions": week.mentions,
        "per_thousand_mentions": rate,
        "low": low,
        "high": high,
        "burst": any(0 <= (burst.first - monday).days < 7 for burst in history.bursts),
        "change": any(change.monday == monday for change in history.changes),
    }


def _print_weeks(records: list[dict[str, Any]]) -> None:
    table = new_table("week of", "cases", "mentions", "per 1,000 mentions (95%)", "")
    for record in records:
        rate = record["per_thousand_mentions"]
        shown = UNDEFINED if rate is None else f"{rate:.2f} ({record['low']:.2f}, {record['high']:.2f})"
        notes = [name for name in ("burst", "change") if record[name]]
        if record["days"] < 7:
            notes.append(f"{counted(record['days'], 'day')} only")
        cases, mentions = f"{record['cases']:,}", f"{record['mentions']:,}"
        add_row(table, record["week"], cases, mentions, shown, ", ".join(notes))
    print_table(table)


def _print_notes(history: PairHistory) -> None:
    pair = f"{history.drug} and {', '.join(history.events)}"
    if history.coverage.refreshed_at is None:
        print_note("nothing was counted yet: `ade-monitor signals refresh` counts the cases")
    elif history.first_day is None:
        print_note(f"no case of {pair} in the window")
    for burst in history.bursts:
        print_note(
            f"burst of {pair} from {burst.first} to {burst.last}: {counted(burst.cases, 'case')}, "
            f"{burst.expected:.1f} expected (p = {burst.p_value:.1g})"
        )
    for change in history.changes:
        print_note(
            f"from {change.monday} on, {1000 * change.rate_after:.2f} cases per 1,000 mentions instead of "
            f"{1000 * change.rate_before:.2f} (p = {change.p_value:.1g})"
        )
