"""Findings on stdout: a table for people, JSON Lines for programs, CSV for both."""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import astuple, fields
from datetime import datetime
from itertools import chain, islice
from typing import Any

from rich.table import Table
from rich.text import Text

from monitor.cli.console import print_table
from monitor.store.ade_report import ReportedEffect

_ROWS_A_TABLE = 200
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_CONTROLS = {"Cc", "Cs", "Zl", "Zp"}
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NAMES = [field.name for field in fields(ReportedEffect)]


def write_json_lines(findings: Iterable[ReportedEffect]) -> None:
    """Write one object a line; times are ISO 8601 in UTC."""
    for finding in findings:
        sys.stdout.write(
            json.dumps(dict(zip(_NAMES, _plain(finding), strict=True)), ensure_ascii=False) + "\n"
        )


def write_csv(findings: Iterable[ReportedEffect], *, for_spreadsheet: bool) -> None:
    """Write a header and one row for each finding, quoted where needed (RFC 4180, lines end with LF).

    A spreadsheet takes a cell such as `=HYPERLINK(…)` or `@name` for a formula, and anyone can tweet one:
    `for_spreadsheet` puts an apostrophe before it, and so changes the text that start and end count in.
    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_NAMES)
    for finding in findings:
        values = _plain(finding)
        writer.writerow([_defused(value) for value in values] if for_spreadsheet else values)


def write_table(findings: Iterable[ReportedEffect]) -> None:
    """Print tables of a bounded number of rows, so that memory stays bounded too."""
    rest = iter(findings)
    for first in rest:
        table = Table("posted (UTC)", "tweet", "PT", "tweet p", "span p", box=None, expand=True)
        table.columns[0].no_wrap = True
        table.columns[1].ratio, table.columns[2].ratio = 3, 1
        for finding in chain([first], islice(rest, _ROWS_A_TABLE - 1)):
            table.add_row(
                f"{finding.posted_at:%Y-%m-%d %H:%M}",
                highlighted(finding),
                _coded(finding),
                f"{finding.probability:.2f}",
                f"{finding.span_score:.2f}",
            )
        print_table(table)


def highlighted(finding: ReportedEffect) -> Text:
    """Give the tweet with its span marked, on one line."""
    text = Text(tame(finding.text))
    text.stylize("bold reverse", finding.start, finding.end)
    return text


def tame(text: str) -> str:
    """Put spaces for characters that move a terminal's cursor or turn its text round; offsets stay."""
    return "".join(" " if unicodedata.category(one) in _CONTROLS or one in _BIDI else one for one in text)


def _coded(finding: ReportedEffect) -> Text:
    if finding.ptid is None:
        return Text("uncoded", style="dim")
    return Text.assemble(tame(finding.pt_name or ""), " ", (finding.ptid, "dim"))


def _plain(finding: ReportedEffect) -> Iterator[Any]:
    for value in astuple(finding):
        yield value.isoformat() if isinstance(value, datetime) else value


def _defused(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
