"""The formats of exports: CSV and JSON Lines are appended to, workbooks and Parquet are made of such rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from monitor.exports.errors import ExportError
from monitor.exports.export_columns import CellKind, ExportColumn
from monitor.exports.parquet_files import require_parquet, write_parquet
from monitor.exports.row_lines import CsvLines, JsonLines, RowLines
from monitor.exports.workbook_writing import require_workbooks, write_workbook

Convert = Callable[[Path, Sequence[ExportColumn], Iterable[Sequence[Any]], Mapping[str, Any]], int]
"""Writes a file of rows with its provenance, and returns the number of cells that were cut."""


class ExportFormat(StrEnum):
    """A format of exports; the value is its name and its extension."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a format is made of rows in JSON Lines: `require` checks its library, `write` writes the file."""

    require: Callable[[], None]
    write: Convert


_CONVERSIONS = {
    ExportFormat.XLSX: Conversion(require_workbooks, write_workbook),
    ExportFormat.PARQUET: Conversion(require_parquet, write_parquet),
}


def conversion_of(file_format: ExportFormat) -> Conversion | None:
    """Return how the format is made, or None if rows are appended to the file itself."""
    return _CONVERSIONS.get(file_format)


def lines_of(
    file_format: ExportFormat, columns: Sequence[ExportColumn], *, for_spreadsheet: bool = False
) -> RowLines:
    """Return the lines of the file of rows."""
    names = [column.name for column in columns]
    if file_format is ExportFormat.CSV:
        return CsvLines(names, for_spreadsheet=for_spreadsheet)
    return JsonLines(names)


def format_of(path: Path, name: str | None) -> ExportFormat:
    """Return the format with this name, or by default the one of the file's extension.

    Raises:
        ExportError: there is no such format.
    """
    word = path.suffix.removeprefix(".") if name is None else name
    try:
        return ExportFormat(word.casefold())
    except ValueError:
        known = ", ".join(ExportFormat)
        problem = f"'{word}' is not a format" if word else f"{path} has no extension that names a format"
        raise ExportError(problem, f"choose one with --format: {known}") from None


def read_exported(path: Path, columns: Sequence[ExportColumn]) -> Iterator[list[Any]]:
    """Yield the rows of a file of JSON Lines, in constant memory.

    Times are `datetime`, and days are `date`.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            yield [_cell(column.kind, record[column.name]) for column in columns]


def _cell(kind: CellKind, value: Any) -> Any:
    if value is None:
        return None
    match kind:
        case CellKind.TIME:
            return datetime.fromisoformat(value)
        case CellKind.DATE:
            return date.fromisoformat(value)
        case _:
            return value
