"""Each format, read again, has the rows that were written: any text, any number, any JSON."""

from __future__ import annotations

import csv
import json
import tempfile
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as parquet
import pytest
import python_calamine as calamine
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from models.terminal import terminal_safe
from monitor.exports.errors import ExportError
from monitor.exports.export_columns import CellKind, ExportColumn, columns_of, flat_value
from monitor.exports.file_formats import ExportFormat, format_of, lines_of, read_exported
from monitor.exports.parquet_files import write_parquet
from monitor.exports.workbook_writing import LONGEST_CELL, write_workbook
from monitor.store import ReportedEffect
from monitor.store.cases import CaseSummary

COLUMNS = tuple(ExportColumn(kind.value, kind) for kind in CellKind)

# As Postgres can store them: without NUL and lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
WILD = TEXT | st.sampled_from(
    ["=1+1", "@SUM(A1)", " _x000D_ ", "a\r\nb", '"', "'", "-", "<&>", "\ufffe", "1e5", "👩‍👩‍👧"]
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)
CELLS = {
    CellKind.TEXT: WILD,
    CellKind.INTEGER: st.integers(-(2**53), 2**53),
    CellKind.NUMBER: NUMBERS,
    CellKind.BOOLEAN: st.booleans(),
    CellKind.TIME: st.datetimes(datetime(1906, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    CellKind.DATE: st.dates(date(1906, 1, 1), date(2100, 1, 1)),
    CellKind.TEXTS: st.lists(WILD, max_size=3),
    CellKind.JSON: st.lists(st.dictionaries(TEXT, WILD | st.integers() | st.none(), max_size=2), max_size=2),
}
ROWS = st.lists(st.tuples(*(st.none() | CELLS[column.kind] for column in COLUMNS)), max_size=4)


def written(folder: str, rows: list[tuple[Any, ...]], file_format: ExportFormat) -> Path:
    path = Path(folder) / "rows"
    lines = lines_of(file_format, COLUMNS)
    path.write_bytes("".join([lines.header(), *map(lines.line, rows)]).encode())
    return path


@profile(max_examples=25, deadline=None)
@given(ROWS)
def test_json_lines_return_every_value(rows: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, rows, ExportFormat.JSONL)
        assert [tuple(row) for row in read_exported(path, COLUMNS)] == rows


@profile(max_examples=25, deadline=None)
@given(ROWS)
def test_csv_returns_all_but_controls(rows: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(folder, rows, ExportFormat.CSV)
        with path.open(encoding="utf-8", newline="") as file:
            header, *read = csv.reader(file)
    assert header == [column.name for column in COLUMNS]
    for row, cells in zip(rows, read, strict=True):
        flat = ["" if value is None else str(flat_value(value)) for value in row]
        assert cells == [terminal_safe(cell, keep_newlines=True) for cell in flat]


@profile(max_examples=25, deadline=None)
@given(ROWS)
def test_parquet_returns_every_value(rows: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        assert write_parquet(path, COLUMNS, iter(rows), {"name": "été"}) == 0
        read = parquet.read_table(path).to_pylist()
        metadata = parquet.read_metadata(path).metadata
    assert json.loads(metadata[b"ade_monitor.provenance"]) == {"name": "été"}
    for row, other in zip(rows, read, strict=True):
        other["json"] = None if other["json"] is None else json.loads(other["json"])
        assert tuple(other.values()) == row


@profile(max_examples=25, deadline=None)
@given(ROWS)
@example([(None,) * 5 + (day,) + (None,) * 2 for day in (date(2000, 1, 1), date(1850, 12, 31))])
def test_a_workbook_returns_every_value(rows: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.xlsx"
        assert write_workbook(path, COLUMNS, iter(rows), {"name": "été"}, most_rows=3) == 0
        assert [each.name for each in Path(folder).iterdir()] == ["rows.xlsx"]
        book = calamine.CalamineWorkbook.from_path(str(path))
        read = [
            row
            for name in book.sheet_names[:-1]
            for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)[1:]
        ]
        assert book.get_sheet_by_name("provenance").to_python() == [["name", "été"]]
    # A row of empty cells is not stored.
    rows = [row for row in rows if any(cell not in (None, "") for cell in row)]
    read = [row for row in read if any(cell != "" for cell in row)]
    for row, cells in zip(rows, read, strict=True):
        for column, value, cell in zip(COLUMNS, row, cells + [""] * (len(row) - len(cells)), strict=True):
            assert_same(column.kind, value, cell)


FIRST_YEAR_OF_EXCEL = 1900


def assert_same(kind: CellKind, value: Any, cell: Any) -> None:
    if value is None:
        assert cell == ""
    elif kind is CellKind.NUMBER:
        assert cell == pytest.approx(value, rel=1e-14, abs=1e-300)
    elif kind is CellKind.TIME:
        # The reader makes a date of midnight.
        cell = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
        assert abs((cell - value.replace(tzinfo=None)).total_seconds()) < 0.002
    elif kind in (CellKind.INTEGER, CellKind.BOOLEAN):
        assert cell == value
    elif kind is CellKind.DATE:
        assert cell == (value if value.year >= FIRST_YEAR_OF_EXCEL else value.isoformat())
    else:
        # Excel reads these escapes; this reader does not.
        assert cell == flat_value(value).replace("\ufffe", "_xFFFE_").replace("\uffff", "_xFFFF_")


def test_a_cell_that_is_too_long_is_cut_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    columns = [ExportColumn("text", CellKind.TEXT)]
    texts = ["a" * LONGEST_CELL, "💊" * LONGEST_CELL, "é" * (LONGEST_CELL + 1)]
    assert write_workbook(path, columns, [[text] for text in texts], {}) == 2
    cells = [row[0] for row in openpyxl.load_workbook(path)["rows 1"].iter_rows(min_row=2, values_only=True)]
    assert cells[0] == texts[0]
    for cell in cells[1:]:
        assert str(cell).endswith("…")
        assert len(str(cell).encode("utf-16-le")) <= 2 * LONGEST_CELL


def test_the_columns_are_those_of_the_records() -> None:
    kinds = {column.name: column.kind for column in columns_of(ReportedEffect)}
    assert list(kinds) == list(ReportedEffect.__dataclass_fields__)
    assert (kinds["posted_at"], kinds["start"], kinds["ptid"]) == (
        CellKind.TIME,
        CellKind.INTEGER,
        CellKind.TEXT,
    )
    assert (kinds["context"], kinds["tags"], kinds["probability"]) == (
        CellKind.JSON,
        CellKind.TEXTS,
        CellKind.NUMBER,
    )
    assert {column.name: column.kind for column in columns_of(CaseSummary)}["serious"] is CellKind.BOOLEAN


def test_the_extension_names_the_format() -> None:
    assert format_of(Path("a.XLSX"), None) is ExportFormat.XLSX
    assert format_of(Path("a.txt"), "csv") is ExportFormat.CSV
    for path, name in ((Path("a"), None), (Path("a.txt"), None), (Path("a.csv"), "txt")):
        with pytest.raises(ExportError, match="parquet"):
            format_of(path, name)
