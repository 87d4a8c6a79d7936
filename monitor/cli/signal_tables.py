"""How signals are shown: as a table with the warnings of the field, as JSON Lines, or as CSV."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from rich.text import Text

from models.terminal import json_line, terminal_safe
from monitor.cli.console import counted, out, print_line, print_note
from monitor.cli.signal_columns import columns_for, print_lines, print_rows

if TYPE_CHECKING:
    from monitor.signals.signal_pairs import SignalMethod
    from monitor.signals.signal_report import SignalPair, SignalReport, SignalRequest
    from monitor.store.signals import Coverage, Window


def write_table(report: SignalReport, method: SignalMethod) -> None:
    """Print the pairs as a table, with intervals of 95% (EBGM: 90%), as wide as the terminal allows."""
    if not report.pairs:
        return
    has_corrections = any(pair.corrected_cases is not None for pair in report.pairs)
    width = out.width if out.is_terminal else None
    columns = columns_for(width, method, has_corrections=has_corrections)
    if width is None:
        print_lines(report.pairs, columns)
    else:
        print_rows(report.pairs, columns)


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
    print_note(
        f"{_days(window, coverage)}: {counted(report.all_cases, 'coded case')} "
        f"of {counted(report.drugs, 'drug')} and {counted(report.events, 'event')}; left out: "
        f"{report.uncoded:,} without a code, {report.without_drug:,} without a drug"
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
    if unknown := sum(pair.authors < pair.cases for pair in report.pairs):
        print_note(
            f"the authors of some cases of {counted(unknown, 'shown pair')} are not known, so one person may "
            "stand behind several of them"
        )
    if report.pairs and report.prior_fallback:
        print_note(f"EBGM has a published prior, not one of these cases: {report.prior_fallback}")
    if report.pairs and request.corrected and not report.reviewed:
        print_note("not reviewed: no verdicts on a random sample of the window, so nothing is corrected")


def _days(window: Window, coverage: Coverage) -> str:
    """Return the days of a window in words, or why it has none that were counted."""
    first, last = coverage.first, coverage.last
    until = None if window.until is None else window.until - timedelta(days=1)
    if window.since is not None and last is not None and window.since > last:
        return f"--since is after the last counted day, {last}"
    if until is not None and first is not None and until < first:
        return f"--until is before the first counted day, {first}"
    return f"{window.since or first or 'the first day'} to {until or last or 'the last day'} (UTC)"


def _record(pair: SignalPair) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else list(value) if name == "methods" else value
        for name, value in asdict(pair).items()
    }
