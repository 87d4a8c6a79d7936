"""The formats of tables, and how a file is recognized as one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from monitor.feed.encodings import EncodingNameError
from monitor.feed.entries import FeedEntry, Reject
from monitor.feed.field_mapping import FieldMapping
from monitor.feed.file_format import FileFormat, ReadOptions, Sample
from monitor.feed.source import Source
from monitor.feed.tables.column_choice import split_header
from monitor.feed.tables.column_titles import normalized
from monitor.feed.tables.columnar import read_arrow, read_parquet
from monitor.feed.tables.delimited import rows_only
from monitor.feed.tables.dialects import detect_dialect, named_delimiter
from monitor.feed.tables.table_profiles import is_header, profile_of
from monitor.feed.tables.table_rows import CellRow
from monitor.feed.tables.text_tables import read_text_table, text_start
from monitor.feed.tables.workbooks import read_workbook

_ZIP: Final = b"PK\x03\x04"
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"
_IN_A_WORKBOOK: Final = (b"[Content_Types].xml", b"xl/", b"mimetypeapplication/vnd.oasis")
_TEXT_EXTENSIONS: Final = (".csv", ".tsv", ".tab", ".txt")

# With only one column, its name must say what a file is. Then the error says what is missing.
_ONE_COLUMN: Final = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv"}

# Lines that decide about the format, and the share of them that must have the same number of columns.
_LINES: Final = 200
_CONSISTENT: Final = 0.6

# A cell between tabs that is enclosed in quotes.
_ENCLOSED: Final = re.compile(rb'(?:^|\t)"(?:[^"\t]|"")++"(?=\t|$)', re.MULTILINE)


def _text_table(sample: Sample) -> tuple[str, str] | None:
    """Return the format of a text file with a table, and why it is that one; None if it has no table."""
    try:
        lines = list(text_start(sample.start).lines)[:_LINES]
    except EncodingNameError:
        return None
    if not lines or any(b"\0" in line.data for line in lines):
        return None
    named = named_delimiter(lines[0])
    detected = detect_dialect(lines[1:], (named,)) if named else detect_dialect(lines)
    if detected is None:
        kind = _ONE_COLUMN.get(sample.extension)
        return None if kind is None else (kind, "its name says so")
    dialect, rows = detected
    good = rows_only(rows)
    regular = sum(len(row.cells) == dialect.width for row in good) / len(rows)
    has_usual_header = any(is_header(row.cells) for row in good)
    header, _ = split_header(good, FieldMapping())
    has_name_of_a_table = sample.extension in _TEXT_EXTENSIONS and header is not None
    if not has_usual_header and regular < _CONSISTENT and not has_name_of_a_table:
        return None
    columns = f"{dialect.width if header is None else len(header.cells)} columns"
    if dialect.delimiter == "\t" and not _has_enclosed_cells(good):
        titles = [] if header is None else [normalized(cell) for cell in header.cells]
        if header is None:
            return "smm4h", f"{columns} with tabs between them, and no header"
        if len(titles) == 2 and titles[0] == "tweetid":
            return "smm4h", "its header is a tweet_id, a tab and one more column"
    kind = "no header" if header is None else "a header"
    if has_usual_header and header is not None:
        kind = f"the header of {profile_of([normalized(cell) for cell in header.cells]).title}"
    separator = "tabs" if dialect.delimiter == "\t" else f"{dialect.delimiter!r}"
    return (
        "tsv" if dialect.delimiter == "\t" else "csv",
        f"{columns} with {separator} between them, and {kind}",
    )


def _has_enclosed_cells(rows: Sequence[CellRow]) -> bool:
    """Return True if quotes are not ordinary characters: a cell has several lines, or doubled quotes."""
    return any(
        b"\n" in row.raw or any(b'""' in cell[0] for cell in _ENCLOSED.finditer(row.raw)) for row in rows
    )


def _recognizes_text(name: str, sample: Sample) -> str | None:
    text_format = _text_table(sample)
    return text_format[1] if text_format is not None and text_format[0] == name else None


def _recognizes_workbook(sample: Sample) -> str | None:
    if sample.start.startswith(_ZIP) and any(mark in sample.start for mark in _IN_A_WORKBOOK):
        return "it is a zip file with the parts of a workbook"
    if sample.start.startswith(_OLD_OFFICE):
        return "it starts like an old workbook"
    return None


def _recognizes_parquet(sample: Sample) -> str | None:
    return "it starts with PAR1" if sample.start.startswith(b"PAR1") else None


def _recognizes_arrow(sample: Sample) -> str | None:
    if sample.start.startswith(b"ARROW1"):
        return "it starts with ARROW1"
    return "it starts like an Arrow stream" if sample.start.startswith(b"\xff\xff\xff\xff") else None


def _read_tsv(source: Source, options: ReadOptions) -> Iterator[FeedEntry | Reject]:
    return read_text_table(source, options, ("\t",))


def _read_smm4h(source: Source, options: ReadOptions) -> Iterator[FeedEntry | Reject]:
    return read_text_table(source, options, ("\t",), quotes=False)


TABLE_FORMATS: Final[tuple[FileFormat, ...]] = (
    FileFormat(
        "xlsx",
        "workbook, also .xls, .xlsb and .ods; needs the extra `sources`",
        (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"),
        _recognizes_workbook,
        read_workbook,
    ),
    FileFormat(
        "parquet",
        "Parquet; needs the extra `sources`",
        (".parquet", ".pq"),
        _recognizes_parquet,
        read_parquet,
    ),
    FileFormat(
        "arrow",
        "Arrow or Feather; needs the extra `sources`",
        (".arrow", ".feather", ".ipc"),
        _recognizes_arrow,
        read_arrow,
    ),
    FileFormat(
        "smm4h",
        "table of the SMM4H shared tasks: tabs, quotes as they are",
        (".tsv", ".txt"),
        partial(_recognizes_text, "smm4h"),
        _read_smm4h,
    ),
    FileFormat("tsv", "table with tabs", (".tsv", ".tab"), partial(_recognizes_text, "tsv"), _read_tsv),
    FileFormat(
        "csv",
        "table with commas, semicolons or bars",
        (".csv",),
        partial(_recognizes_text, "csv"),
        read_text_table,
    ),
)
"""All formats of tables, in the order in which they are tried."""
