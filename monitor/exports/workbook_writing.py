"""Workbooks (XLSX): rows in sheets, and a sheet that states where they come from.

XlsxWriter writes each row to a temporary file at once, so a workbook of any size needs little memory. No text
becomes a formula, a number or a link.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from models.terminal import spreadsheet_safe
from monitor.exports.errors import ExportError
from monitor.exports.export_columns import CellKind, ExportColumn, flat_value
from monitor.private_files import open_private_bytes

MOST_ROWS: Final = 1_048_576
"""Rows of a sheet, its header included (limit of the format)."""

LONGEST_CELL: Final = 32_767
"""UTF-16 units of a cell (limit of the format)."""

_FIRST_YEAR: Final = 1900
"""Earlier times are texts: the format counts days from 1900."""

_CUT: Final = "…"
_PROVENANCE_SHEET: Final = "provenance"


def require_workbooks() -> None:
    """Check that the library for workbooks is installed.

    Raises:
        ExportError: it is not.
    """
    try:
        import xlsxwriter  # noqa: F401
    except ImportError:
        raise ExportError(
            "workbooks (xlsx) need the library XlsxWriter", "pip install 'ade-monitor[exports]'"
        ) from None


def write_workbook(
    path: Path,
    columns: Sequence[ExportColumn],
    rows: Iterable[Sequence[Any]],
    provenance: Mapping[str, Any],
    *,
    most_rows: int = MOST_ROWS,
) -> int:
    """Write a workbook that only its owner can read, and return the number of cells that were cut.

    Times are dates in UTC. Lists and objects are JSON. Control characters are escapes, as in Excel itself.
    Further sheets follow when one is full.

    Args:
        path: of the file, which is replaced.
        columns: of the table.
        rows: values of the columns, in their order.
        provenance: names and values for the last sheet.
        most_rows: rows of a sheet with its header.

    Raises:
        OSError: the file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    # Its temporary files hold texts of posts, so they do not go to a folder that all users share.
    with (
        open_private_bytes(path) as file,
        tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder,
    ):
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": folder})
        book.use_zip64()
        sheets = _SheetWriter(book, columns, most_rows)
        for row in rows:
            sheets.add(row)
        _write_provenance(book, provenance)
        try:
            book.close()
        except FileCreateError as error:
            raise error.args[0] from None  # an OSError
    return sheets.cut


class _SheetWriter:
    """Writes rows to sheets; `cut` counts the cells that were too long."""

    def __init__(self, book: Any, columns: Sequence[ExportColumn], most_rows: int) -> None:
        self.cut = 0
        self._book, self._columns, self._most_rows = book, columns, most_rows
        self._bold = book.add_format({"bold": True})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._quoted = book.add_format({"quote_prefix": True})
        self._sheets = 0
        self._add_sheet()

    def add(self, row: Sequence[Any]) -> None:
        if self._next == self._most_rows:
            self._add_sheet()
        for number, (column, value) in enumerate(zip(self._columns, row, strict=True)):
            if value is not None:
                self._write(number, column.kind, value)
        self._next += 1

    def _add_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(f"rows {self._sheets}")
        self._sheet.freeze_panes(1, 0)
        for number, column in enumerate(self._columns):
            self._sheet.write_string(0, number, column.name, self._bold)
        self._next = 1

    def _write(self, number: int, kind: CellKind, value: Any) -> None:
        match kind:
            case CellKind.INTEGER | CellKind.NUMBER:
                self._sheet.write_number(self._next, number, value)
            case CellKind.BOOLEAN:
                self._sheet.write_boolean(self._next, number, value)
            case CellKind.TIME if value.astimezone(UTC).year >= _FIRST_YEAR:
                naive = value.astimezone(UTC).replace(tzinfo=None)
                self._sheet.write_datetime(self._next, number, naive, self._time)
            case CellKind.DATE if value.year >= _FIRST_YEAR:
                self._sheet.write_datetime(self._next, number, value, self._day)
            case _:
                self._write_text(number, str(flat_value(value)))

    def _write_text(self, number: int, text: str) -> None:
        # A lone surrogate cannot be written.
        text = text.encode("utf-8", "replace").decode()
        shorter = _within_limit(text)
        self.cut += shorter != text
        # Excel would make a formula of such a text once somebody edits its cell.
        style = self._quoted if spreadsheet_safe(text[:64]).startswith("'") else None
        self._sheet.write_string(self._next, number, shorter, style)


def _within_limit(text: str) -> str:
    if len(text) <= LONGEST_CELL // 2 or len(data := text.encode("utf-16-le")) <= 2 * LONGEST_CELL:
        return text
    return data[: 2 * (LONGEST_CELL - 1)].decode("utf-16-le", "ignore") + _CUT


def _write_provenance(book: Any, provenance: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet(_PROVENANCE_SHEET)
    for number, (name, value) in enumerate(provenance.items()):
        sheet.write_string(number, 0, name)
        text = value.isoformat() if isinstance(value, datetime) else flat_value(value)
        shown = "" if text is None else str(text)
        sheet.write_string(number, 1, _within_limit(shown.encode("utf-8", "replace").decode()))
