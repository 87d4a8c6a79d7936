"""Workbooks: the sheet with posts, and its rows."""

from __future__ import annotations

import itertools
import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import IO, Any, BinaryIO, Final

from monitor.feed.entries import FeedEntry, Reject
from monitor.feed.file_format import ReadOptions
from monitor.feed.source import FeedError, Source, UnknownFormatError
from monitor.feed.tables.cell_values import id_of
from monitor.feed.tables.column_choice import choose_columns, split_header
from monitor.feed.tables.table_entries import read_entries
from monitor.feed.tables.table_rows import MAX_SAMPLE_ROWS, CellRow, TableStart

# Numbers in cells are floats of 64 bits, so larger ones have lost their last digits.
_LARGEST_EXACT: Final = 2**53

_IN_MEMORY: Final = 16 * 1_048_576
_CHUNK: Final = 1_048_576
_LARGEST_UNPACKED: Final = 2 * 1_073_741_824

SOURCES_EXTRA: Final = "pip install 'ade-monitor[sources]'"
"""Installs the libraries for workbooks, Parquet and Arrow."""


def read_workbook(source: Source, options: ReadOptions) -> Iterator[FeedEntry | Reject]:
    """Yield the entries of all sheets that have posts. Numbers that lost digits are not taken as ids.

    Raises:
        FeedError: the workbook is damaged or locked, no sheet has posts, or the library is missing.
    """
    try:
        import python_calamine as calamine
    except ImportError:
        raise FeedError(
            f"workbooks need the library python-calamine ({source.name})", SOURCES_EXTRA
        ) from None
    with seekable_copy(source.stream) as file:
        _refuse_bombs(file, source.name)
        try:
            with calamine.CalamineWorkbook.from_filelike(file) as book:
                yield from _read_sheets(book, source.name, options)
        except calamine.PasswordError:
            raise FeedError(f"{source.name} is locked with a password", "save it without one") from None
        except (calamine.CalamineError, OSError, ValueError) as error:
            problem = f"{source.name} is a damaged workbook: {error}"
            raise FeedError(problem, "save it again, or as CSV") from None


def seekable_copy(stream: BinaryIO) -> IO[bytes]:
    """Return a file with all bytes of a stream, in which a reader can jump; a large one is on disk."""
    # The caller closes it.
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    while chunk := stream.read(_CHUNK):
        file.write(chunk)
    file.seek(0)
    return file


def _read_sheets(book: Any, name: str, options: ReadOptions) -> Iterator[FeedEntry | Reject]:
    first_error: FeedError | None = None
    read, skipped = [], []
    for sheet_name in book.sheet_names:
        rows = _rows(book.get_sheet_by_name(sheet_name))
        head = list(itertools.islice(rows, options.skip_lines, options.skip_lines + MAX_SAMPLE_ROWS))
        if not head:
            continue
        header, below = split_header(head, options.mapping)
        start = TableStart(
            f"{name}, sheet {sheet_name!r}", None if header is None else _titles(header), head[below:]
        )
        try:
            columns = choose_columns(start, options.mapping)
        except FeedError as error:
            first_error = first_error or error
            skipped.append(sheet_name)
            continue
        _refuse_numbers(start, columns.indices.get("id", ()), options)
        all_rows = itertools.chain(head[below:], rows)
        try:
            entries = read_entries(start, all_rows, _of_sheet(sheet_name, options))
        except UnknownFormatError as error:
            first_error = first_error or error
            skipped.append(sheet_name)
            continue
        read.append(sheet_name)
        yield from entries
    if not read:
        raise first_error or UnknownFormatError(
            f"{name} has no rows in any sheet", "check that it is the right file"
        )
    if skipped:
        options.notify(f"sheets without posts are skipped: {', '.join(map(repr, skipped))}")


def _of_sheet(name: str, options: ReadOptions) -> ReadOptions:
    """Return the options for one sheet: its notes start with its name."""
    return replace(options, notify=lambda note: options.notify(f"sheet {name!r}: {note}"))


def _rows(sheet: Any) -> Iterator[CellRow]:
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if any(cell != "" for cell in cells):
            raw = json.dumps(cells, default=str, ensure_ascii=False)
            yield CellRow(number, cells, raw.encode(errors="replace"))


def _titles(row: CellRow) -> Sequence[str]:
    return [str(cell) for cell in row.cells]


def _refuse_numbers(start: TableStart, columns: Sequence[int], options: ReadOptions) -> None:
    if options.accept_rounded_ids:
        return
    for row in start.rows:
        ids = (row.cells[index] for index in columns if index < len(row.cells))
        cell = next((cell for cell in ids if cell not in (None, "")), None)
        if isinstance(cell, int | float) and abs(cell) > _LARGEST_EXACT:
            raise FeedError(
                f"the ids of {start.name} are numbers such as {id_of(cell)}: a workbook keeps "
                "15 digits of them, so the last ones are lost",
                "export the ids as text; --accept-rounded-ids reads the file anyway",
            )


def _refuse_bombs(file: IO[bytes], name: str) -> None:
    try:
        unpacked = sum(member.file_size for member in zipfile.ZipFile(file).infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        # Old workbooks are not zip files; calamine reports damaged ones.
        unpacked = 0
    file.seek(0)
    if unpacked > _LARGEST_UNPACKED:
        raise FeedError(f"{name} would unpack to {unpacked:,} bytes", "save it as CSV, or in smaller parts")
