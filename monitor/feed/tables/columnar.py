"""Parquet and Arrow: batches of rows, with only the columns that are needed, in constant memory."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any, Final

from monitor.feed.entries import FeedEntry, Reject
from monitor.feed.file_format import ReadOptions
from monitor.feed.source import FeedError, Source
from monitor.feed.tables.column_choice import choose_columns
from monitor.feed.tables.column_titles import normalized
from monitor.feed.tables.reddit_rows import reddit_titles
from monitor.feed.tables.table_entries import read_entries
from monitor.feed.tables.table_profiles import is_about_x
from monitor.feed.tables.table_rows import MAX_SAMPLE_ROWS, CellRow, TableStart
from monitor.feed.tables.workbooks import SOURCES_EXTRA, seekable_copy

_BATCH_ROWS: Final = 4_096
_STREAM_START: Final = b"\xff\xff\xff\xff"


def read_parquet(source: Source, options: ReadOptions) -> Iterator[FeedEntry | Reject]:
    """Yield the entries of a Parquet file. Fields of nested columns have names with dots, as in `author.id`.

    Raises:
        FeedError: the file is damaged, has no posts, or the library is missing.
    """
    pyarrow = _library(source)
    import pyarrow.parquet as parquet

    with seekable_copy(source.stream) as file:
        try:
            table = parquet.ParquetFile(file)
            # Columns that nobody needs are never decoded.
            names = _needed(table.schema_arrow, source.name, options)
            batches = table.iter_batches(_BATCH_ROWS, columns=names)
            yield from _read_batches(source, batches, options)
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _damaged(source, error) from None


def read_arrow(source: Source, options: ReadOptions) -> Iterator[FeedEntry | Reject]:
    """Yield the entries of an Arrow file, also called Feather, or of an Arrow stream.

    Raises:
        FeedError: the file is damaged, has no posts, or the library is missing.
    """
    pyarrow = _library(source)
    try:
        if source.sample.startswith(_STREAM_START):
            with pyarrow.ipc.open_stream(source.stream) as stream:
                yield from _read_batches(source, stream, options)
            return
        with _native_copy(source, pyarrow) as file, pyarrow.ipc.open_file(file) as reader:
            batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
            yield from _read_batches(source, batches, options)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _damaged(source, error) from None


@contextlib.contextmanager
def _native_copy(source: Source, pyarrow: Any) -> Iterator[Any]:
    """Return a copy of a file that Arrow opens by itself.

    From a file of Python, Arrow reads in a thread of its own. If the file is not Arrow at all, that thread
    may still run when the process ends, which aborts it.
    """
    with tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(source.stream, copy)
        copy.flush()
        with pyarrow.OSFile(copy.name) as file:
            yield file


def _library(source: Source) -> Any:
    try:
        import pyarrow
        import pyarrow.ipc
    except ImportError:
        raise FeedError(
            f"Parquet and Arrow need the library pyarrow ({source.name})", SOURCES_EXTRA
        ) from None
    return pyarrow


def _damaged(source: Source, error: Exception) -> FeedError:
    first_line = str(error).split("\n", 1)[0]
    return FeedError(f"{source.name} is damaged or cut off: {first_line}", "fetch the file again")


def _needed(schema: Any, name: str, options: ReadOptions) -> list[str]:
    """Return the names of the columns with posts, as paths with dots."""
    titles = list(_paths(schema))
    if options.mapping.empty and (chosen := reddit_titles(titles)):
        return chosen
    columns = choose_columns(TableStart(name, titles, ()), options.mapping)
    needed = {index for indices in columns.indices.values() for index in indices}
    # The titles that show what kind of table it is must stay, too.
    return [
        title
        for index, title in enumerate(titles)
        if index in needed or normalized(title) in columns.profile.marks or is_about_x([normalized(title)])
    ]


def _paths(fields: Any, prefix: str = "") -> Iterator[str]:
    """Yield the paths of all columns that are not nested; `fields` are those of a schema or of a struct."""
    for field in fields:
        if (nested := _fields_of(field.type)) is not None:
            yield from _paths(nested, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


def _fields_of(kind: Any) -> Sequence[Any] | None:
    import pyarrow

    return [kind.field(index) for index in range(kind.num_fields)] if pyarrow.types.is_struct(kind) else None


def _read_batches(source: Source, batches: Any, options: ReadOptions) -> Iterator[FeedEntry | Reject]:
    titles: list[str] = []
    rows = _rows(batches, titles)
    head = list(itertools.islice(rows, MAX_SAMPLE_ROWS))
    if head:
        yield from read_entries(TableStart(source.name, titles, head), itertools.chain(head, rows), options)


def _plain(column: Any) -> Any:
    """Return a column with values that Python can hold: times become texts, whatever their unit and year."""
    import pyarrow

    kind = column.type
    if pyarrow.types.is_timestamp(kind):
        microseconds = pyarrow.timestamp("us", "UTC" if kind.tz else None)
        return column.cast(microseconds, safe=False).cast(pyarrow.string())
    return column.cast(pyarrow.string()) if pyarrow.types.is_temporal(kind) else column


def _rows(batches: Any, titles: list[str]) -> Iterator[CellRow]:
    """Yield the rows of all batches, and put the titles of their columns into `titles`."""
    import pyarrow

    number = 0
    for batch in batches:
        # Arrow trusts files: wrong offsets would be read from memory that does not belong to them.
        batch.validate(full=True)
        table = pyarrow.Table.from_batches([batch])
        while any(pyarrow.types.is_struct(column.type) for column in table.schema):
            table = table.flatten()
        titles[:] = table.column_names
        table = table.from_arrays([_plain(column) for column in table.columns], titles)
        # A slice at a time, so that a batch of any size needs little memory as Python objects.
        for start in range(0, table.num_rows, _BATCH_ROWS):
            columns = [column.to_pylist() for column in table.slice(start, _BATCH_ROWS).columns]
            for cells in zip(*columns, strict=True):
                number += 1
                raw = json.dumps(cells, default=str, ensure_ascii=False).encode(errors="replace")
                yield CellRow(number, cells, raw)
