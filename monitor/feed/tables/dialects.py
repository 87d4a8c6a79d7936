"""How a text file separates its columns: detected from its first lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from monitor.feed.entries import Reject
from monitor.feed.source import FeedError, SourceLine
from monitor.feed.tables.cell_values import are_json_strings
from monitor.feed.tables.delimited import Dialect, Quoting, rows_only, split_rows
from monitor.feed.tables.table_profiles import is_header
from monitor.feed.tables.table_rows import MAX_PREAMBLE, CellRow

DELIMITERS: Final = (",", "\t", ";", "|")
"""What may separate columns, in the order that decides between equally good ones."""

_DELIMITER_NAMES: Final = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
}

# How much a row in front of the table counts as one with a wrong number of columns.
_PREAMBLE_WEIGHT: Final = 0.25

_SEPARATOR_LINE: Final = re.compile(r'"?sep=([^\w"\\\s]|\t| )"?', re.IGNORECASE)
_CUT_OFF: Final = "unexpected end of data"
_ENCLOSED: Final = re.compile(r'\s*"(?:[^"]|"")*"\s*')


def parse_delimiter(name: str) -> str:
    """Return the delimiter that the user named: one character, or a word such as tab.

    Raises:
        FeedError: it cannot separate columns.
    """
    delimiter = _DELIMITER_NAMES.get(name.lower(), name)
    if len(delimiter) != 1 or delimiter in '"\\\r\n':
        raise FeedError(f"{name!r} cannot separate columns", "use one character, or tab, for --delimiter")
    return delimiter


def named_delimiter(line: SourceLine) -> str | None:
    """Return the delimiter that the first line of a file names, as in `sep=;` of Excel, or None."""
    match = _SEPARATOR_LINE.fullmatch(line.data.decode(errors="replace").strip("\r\n \ufeff"))
    return match[1] if match else None


def detect_dialect(
    lines: Sequence[SourceLine], delimiters: Sequence[str] = DELIMITERS, *, quotes: bool = True
) -> tuple[Dialect, list[CellRow | Reject]] | None:
    """Return the dialect of a table and its first rows, or None if it has no columns.

    The best dialect finds a header that we know, or else gives most rows the same number of columns.

    Args:
        lines: the first lines, in UTF-8.
        delimiters: what may separate columns.
        quotes: False if quotes are ordinary characters.
    """
    best: tuple[tuple[bool, float, bool, int], Dialect, list[CellRow | Reject]] | None = None
    for delimiter in delimiters:
        if not any(delimiter.encode() in line.data for line in lines):
            continue
        dialect = Dialect(delimiter, _quoting(lines, delimiter) if quotes else Quoting.NONE)
        rows = list(split_rows(iter(lines), dialect))
        width, consistency = _shape(rows)
        if width < 2:
            continue
        has_header = any(is_header(row.cells) for row in rows_only(rows)[:MAX_PREAMBLE])
        # Texts rarely have tabs, so a tab in each row separates columns.
        score = (has_header, round(consistency, 2), delimiter == "\t", width)
        if best is None or score > best[0]:
            best = score, replace(dialect, width=width), rows
    if best is None:
        return None
    # With the number of columns known, rows with stray quotes can be read, too.
    return best[1], list(split_rows(iter(lines), best[1]))


def _quoting(lines: Sequence[SourceLine], delimiter: str) -> Quoting:
    """Return what quotes mean: the first way that reads all rows, or else the one with the best evidence."""
    doubled = list(split_rows(iter(lines), Dialect(delimiter, Quoting.DOUBLED)))
    errors = _errors(doubled)
    # A doubled quote can follow a backslash, and an enclosed cell can end with one. Otherwise, the backslash
    # is for the quote.
    escape = re.compile(rb'\\"(?!"|$|' + re.escape(delimiter.encode()) + rb")")
    has_escapes = any(escape.search(line.data) for line in lines)
    if not errors and not has_escapes:
        return Quoting.DOUBLED
    plain = rows_only(list(split_rows(iter(lines), Dialect(delimiter, Quoting.NONE))))
    if _has_json_column(plain):
        return Quoting.NONE
    if has_escapes:
        escaped = list(split_rows(iter(lines), Dialect(delimiter, Quoting.ESCAPED)))
        if _errors(escaped) < max(1, errors):
            return Quoting.ESCAPED
    if not errors:
        return Quoting.DOUBLED
    enclosed = sum(bool(_ENCLOSED.fullmatch(cell)) for row in plain for cell in row.cells)
    return Quoting.DOUBLED if enclosed > errors else Quoting.NONE


def _errors(rows: Sequence[CellRow | Reject]) -> int:
    # The end of the sample may cut off a cell with several lines.
    return sum(isinstance(row, Reject) and _CUT_OFF not in row.detail for row in rows)


def _has_json_column(rows: Sequence[CellRow]) -> bool:
    """Return True if a column has JSON strings with escapes, and none of them has a delimiter in it."""
    width, consistency = _shape(rows)
    if consistency < 1:
        return False
    below = [row.cells for row in rows if len(row.cells) == width][1:]
    columns = [[cell for cell in column if cell] for column in zip(*below, strict=True)]
    return any(are_json_strings(cells) and any("\\" in cell for cell in cells) for cells in columns)


def _shape(rows: Sequence[CellRow | Reject]) -> tuple[int, float]:
    """Return the usual number of columns, and the share of rows that have it; a preamble counts less."""
    widths = [len(row.cells) if isinstance(row, CellRow) else 0 for row in rows]
    counts = Counter(width for width in widths if width > 1)
    if not counts:
        return 0, 0.0
    # Of equally frequent numbers, the larger one: a short file may have as many rows of preamble.
    width = max(counts, key=lambda number: (counts[number], number))
    preamble = min(widths.index(width), MAX_PREAMBLE)
    return width, counts[width] / (len(widths) - preamble + _PREAMBLE_WEIGHT * preamble)
