"""What all readers of tables share: rows, and the start of a table, which decides how it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

Notify = Callable[[str], None]
"""Takes one line about what was assumed, for people."""

MAX_SAMPLE_ROWS: Final = 500
"""Number of rows that decide about a table: its columns, the order of its dates, damaged ids."""

MAX_PREAMBLE: Final = 50
"""Number of rows in front of the header that are skipped, such as the description of a report."""


@dataclass(frozen=True, slots=True)
class CellRow:
    """A row of a table.

    Attributes:
        line: number of the line on which it starts, or of the row in a workbook, counted from 1.
        cells: texts, or also numbers, dates and None in workbooks and Parquet.
        raw: the bytes that it was read from, for the file of rejects.
    """

    line: int
    cells: Sequence[Any]
    raw: bytes


@dataclass(frozen=True, slots=True)
class TableStart:
    """The beginning of a table, from which its columns are chosen.

    Attributes:
        name: name of the file, for messages.
        titles: titles of the columns, or None if the table has no header.
        rows: the first rows below the header.
    """

    name: str
    titles: Sequence[str] | None
    rows: Sequence[CellRow]

    def column(self, index: int) -> list[Any]:
        """Return the cells of a column that are not empty."""
        cells = (row.cells[index] for row in self.rows if index < len(row.cells))
        return [cell for cell in cells if cell is not None and cell != ""]
