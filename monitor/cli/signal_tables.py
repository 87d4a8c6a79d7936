"""How signals are shown: as a table with the warnings of the field, as JSON Lines, or as CSV."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.text import Text

from models.terminal import json_line, terminal_safe
from monitor.cli.console import CODE_WIDTH, add_row, counted, new_table, print_line, print_note, print_table

if TYPE_CHECKING:
    from monitor.signals.signal_report import SignalPair, SignalReport, SignalRequest

UNDEFINED = "–"
"""What stands for a measure that is infinite or not defined."""


def write_table(report: SignalReport) -> None:
    """Print the pairs as a table, with intervals of 95% (EBGM: 90%)."""
    if not report.pairs:
        return
    has_corrections = any(pair.corrected_cases is not None for pair in report.pairs)
    corrections = ("corrected (95%)",) if has_corrections else ()
    columns = ("drug", "event", "cases", *corrections, "expected", "PRR (95%)", "ROR (95%)", "IC (95%)",
               "EBGM (90%)", "q", "signal by", "notes")  # fmt: skip
    table = new_table(*columns, expand=True)
    table.columns[1].min_width = CODE_WIDTH
    for pair in report.pairs:
        corrected = (
            (_interval(pair.corrected_cases, pair.corrected_low, pair.corrected_high),)
            if has_corrections
            else ()
        )
        add_row(
            table,
            pair.drug,
            Text.assemble(terminal_safe(pair.event), " ", (pair.code, "dim")),
            f"{pair.cases:,}",
            *corrected,
            _number(pair.expected),
            _interval(pair.prr, pair.prr_low, pair.prr_high),
            _interval(pair.ror, pair.ror_low, pair.ror_high),
            _interval(pair.ic, pair.ic025, pair.ic975),
            _interval(pair.ebgm, pair.eb05, pair.eb95),
            f"{pair.q:.1g}",
            _signal(pair),
            ", ".join(_notes(pair)),
        )
    print_table(table)


def write_json_lines(report: SignalReport) -> None:
    """Write one JSON object per pair; what is infinite or not defined is null."""
    for pair in report.pairs:
        sys.stdout.write(json_line(_record(pair)) + "\n")


def write_csv(report: SignalReport) -> None:
    """Write a header and one row per pair (RFC 4180, with LF line ends); numbers have a point."""
    from monitor.signals.signal_report import SignalPair

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(field.name for field in fields(SignalPair))
    for pair in report.pairs:
        cells = (" ".join(value) if isinstance(value, list) else value for value in _record(pair).values())
        writer.writerow(terminal_safe(cell) if isinstance(cell, str) else cell for cell in cells)


def print_warnings(*, on_stdout: bool) -> None:
    """Print what the field warns of, with the table or, for programs, on stderr."""
    from monitor.signals.signal_report import WARNINGS

    for warning in WARNINGS:
        if on_stdout:
            print_line(Text(warning, style="yellow"))
        else:
            print_note(warning)


def print_coverage(report: SignalReport, request: SignalRequest) -> None:
    """Print notes about what was counted, what was left out, and what to do if something is missing."""
    window, coverage = request.window, report.coverage
    days = f"{window.since or coverage.first or 'the first day'} to {_last_day(window.until, coverage.last)}"
    print_note(
        f"{days} (UTC): {counted(report.all_cases, 'coded case')} of {counted(report.drugs, 'drug')} "
        f"and {counted(report.events, 'event')}; left out: {report.uncoded:,} without a code, "
        f"{report.without_drug:,} without a drug"
    )
    if coverage.refreshed_at is None:
        print_note("nothing was counted yet: `ade-monitor signals refresh` counts the cases")
    elif coverage.pending:
        print_note(
            f"the cases of {counted(coverage.pending, 'day')} have changed since they were counted: "
            "`ade-monitor signals refresh` counts them again"
        )
    if coverage.late_days:
        print_note(
            f"cases of {counted(coverage.late_days, 'final day')} are left out, because they came after "
            "retention had removed posts of these days"
        )
    if not report.pairs:
        print_note(f"no pair with at least {request.criteria.cases:.0f} cases matches")
    elif len(report.pairs) < report.matching:
        print_note(f"only the first {len(report.pairs):,} of {report.matching:,} pairs are shown; "
                   "--limit 0 shows all")  # fmt: skip
    if report.pairs and report.prior_fallback:
        print_note(f"EBGM has a published prior, not one of these cases: {report.prior_fallback}")
    if report.pairs and request.corrected and not report.reviewed:
        print_note("not reviewed: no verdicts on a random sample of the window, so nothing is corrected")


def _last_day(until: date | None, last: date | None) -> str:
    if until is None:
        return str(last or "the last day")
    return str(date.fromordinal(until.toordinal() - 1))


def _record(pair: SignalPair) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else list(value) if name == "methods" else value
        for name, value in asdict(pair).items()
    }


def _number(value: float | None) -> str:
    if value is None:
        return UNDEFINED
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    return f"{_number(value)} ({_number(low)}, {_number(high)})"


def _signal(pair: SignalPair) -> Text:
    names = " ".join(pair.methods)
    return Text(names or "none", style="bold" if pair.signal else "dim")


def _notes(pair: SignalPair) -> list[str]:
    notes = []
    if pair.indication:
        notes.append("may be what the drug is taken for")
    if pair.listedness != "unknown":
        notes.append(pair.listedness)
    if pair.is_first_seen:
        notes.append(f"first seen {pair.first_day}")
    if pair.rising:
        notes.append("rising")
    if pair.masked_by is not None and pair.masked_share >= 0.5:
        notes.append(f"masked by {pair.masked_by} ({pair.masked_share:.0%} of the event's cases)")
    if pair.authors < pair.cases:
        notes.append(f"{counted(pair.authors, 'known author')}")
    return notes
