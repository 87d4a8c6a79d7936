"""Rows as lines of text: CSV and JSON Lines. `ade-monitor query` and `ade-monitor export` write the same."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Protocol

from models.terminal import json_line, spreadsheet_safe, terminal_safe
from monitor.exports.export_columns import flat_value, json_value


class RowLines(Protocol):
    """A format in which each row is a text of its own, so that a file can be continued."""

    def header(self) -> str:
        """Return what comes before the first row."""

    def line(self, cells: Iterable[object]) -> str:
        """Return a row with its line end.

        Args:
            cells: in the order of the columns: texts, numbers, times, lists, dictionaries or None.
        """


class JsonLines:
    """JSON Lines: an object for each row. Parsing returns every value unchanged; times are ISO 8601 in UTC.

    Control characters are escapes, so that a terminal may show the lines.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)

    def header(self) -> str:
        """Return an empty text."""
        return ""

    def line(self, cells: Iterable[object]) -> str:
        """Return the object of a row."""
        record = dict(zip(self._names, map(json_value, cells), strict=True))
        return json_line(record) + "\n"


class CsvLines:
    """CSV with a header, quoted where needed (RFC 4180, with LF line ends). Empty cells are None or "".

    Control characters become spaces, because a pipe or a file may end on a terminal, too. Offsets stay the
    same.
    """

    def __init__(self, names: Sequence[str], *, for_spreadsheet: bool = False) -> None:
        """Choose the columns.

        Args:
            names: of the columns.
            for_spreadsheet: also make each cell one line that is not a formula, see `spreadsheet_safe`. Its
                apostrophes change the text that `start` and `end` count in.
        """
        self._names = tuple(names)
        self._make_safe = spreadsheet_safe if for_spreadsheet else partial(terminal_safe, keep_newlines=True)
        self._writer: Any = csv.writer(_Returned(), lineterminator="\n")

    def header(self) -> str:
        """Return the names of the columns."""
        return str(self._writer.writerow(self._names))

    def line(self, cells: Iterable[object]) -> str:
        """Return a row; lists and dictionaries are JSON."""
        values = map(flat_value, cells)
        safe = [self._make_safe(value) if isinstance(value, str) else value for value in values]
        return str(self._writer.writerow(safe))


class _Returned:
    """A file for `csv.writer` whose `writerow` then returns the line."""

    def write(self, line: str) -> str:
        return line
