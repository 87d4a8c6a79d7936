"""Rows of a table become entries, after its first rows have shown that it has posts and intact ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from monitor.feed.entries import FeedEntry, Reject
from monitor.feed.file_format import ReadOptions
from monitor.feed.tables.cell_values import json_columns
from monitor.feed.tables.column_choice import ChosenColumns, choose_columns
from monitor.feed.tables.damaged_ids import IdWatch, is_damaged
from monitor.feed.tables.label_columns import refuse_labels
from monitor.feed.tables.local_dates import date_column
from monitor.feed.tables.reddit_rows import RedditRows, reddit_titles
from monitor.feed.tables.row_fields import RowFields
from monitor.feed.tables.table_rows import CellRow, TableStart
from monitor.ingest.snowflake import snowflake_date

# Ids on X have had 18 digits and more since the end of 2014. Ids of most other platforms are shorter.
_X_DIGITS: Final = 18


def read_entries(
    start: TableStart, rows: Iterable[CellRow | Reject], options: ReadOptions
) -> Iterator[FeedEntry | Reject]:
    """Return an iterator over the entries of a table.

    Args:
        start: its titles and first rows, which decide how it is read.
        rows: all rows below the header.
        options: what the user said about it.

    Raises:
        FeedError: the table has no posts, or its ids are damaged; later also while it is read.
    """
    if start.titles is not None and options.mapping.empty and reddit_titles(start.titles):
        options.notify("the columns are fields of Reddit")
        return _reddit_entries(rows, start.titles)
    columns = choose_columns(start, options.mapping)
    options.notify(columns.describe())
    fields = _row_fields(start, columns, options)
    watch = IdWatch(start.name, options.notify, accept_rounded=options.accept_rounded_ids)
    _check_start(start, columns, fields, watch)
    fields.ids_are_of_x = _ids_are_of_x(start, columns, fields)
    if fields.ids_are_of_x and not columns.indices.get("created_at"):
        options.notify("the posts have no date, so it is taken from their ids, which are those of X")
    return _entries(rows, len(columns.titles), fields, watch)


def _entries(
    rows: Iterable[CellRow | Reject], width: int, fields: RowFields, watch: IdWatch
) -> Iterator[FeedEntry | Reject]:
    for row in rows:
        if isinstance(row, Reject):
            yield row
        elif len(row.cells) != width:
            yield _wrong_columns(row, width)
        else:
            yield _entry(row, fields, watch)
    watch.report()


def _reddit_entries(rows: Iterable[CellRow | Reject], titles: Sequence[str]) -> Iterator[FeedEntry | Reject]:
    reader = RedditRows(titles)
    for row in rows:
        if isinstance(row, Reject):
            yield row
        elif len(row.cells) != len(titles):
            yield _wrong_columns(row, len(titles))
        elif (fields := reader.read(row.cells)) is not None:
            yield FeedEntry(row.line, fields, row.raw, reader.source.name)


def _wrong_columns(row: CellRow, width: int) -> Reject:
    detail = f"columns in the row: {len(row.cells)}; in the header: {width}"
    return Reject(row.line, "wrong-columns", detail, row.raw)


def _entry(row: CellRow, fields: RowFields, watch: IdWatch) -> FeedEntry | Reject:
    post = fields.read(row.cells)
    for field in ("id", "author_id"):
        if is_damaged(post.get(field, "")):
            detail = f"`{field}` is a number that a program has rounded"
            return Reject(row.line, "bad-id", detail, row.raw)
    watch.add(post["id"], post["text"])
    return FeedEntry(row.line, post, row.raw)


def _row_fields(start: TableStart, columns: ChosenColumns, options: ReadOptions) -> RowFields:
    decoded = json_columns([start.column(index) for index in range(len(columns.titles))])
    if decoded:
        options.notify(f"columns with JSON strings, which are decoded: {len(decoded)}")
    dates = {
        index: date_column(
            start.column(index), options.date_order, title=columns.titles[index], notify=options.notify
        )
        for index in columns.indices.get("created_at", ())
    }
    return RowFields(columns, dates, decoded, accept_rounded_ids=options.accept_rounded_ids)


def _check_start(start: TableStart, columns: ChosenColumns, fields: RowFields, watch: IdWatch) -> None:
    texts = [text for row in start.rows if (text := fields.text(row.cells).strip())]
    title = " or ".join(repr(columns.titles[index]) for index in columns.indices["text"])
    refuse_labels(texts, title, start.name)
    watch.check_start([(fields.post_id(row.cells), fields.text(row.cells)) for row in start.rows])


def _ids(start: TableStart, fields: RowFields) -> Sequence[str]:
    return [post_id for row in start.rows if (post_id := fields.post_id(row.cells))]


def _ids_are_of_x(start: TableStart, columns: ChosenColumns, fields: RowFields) -> bool:
    """Return True if the table is about tweets, or if nothing says so but its ids can only be theirs."""
    if columns.about_x:
        return True
    ids = _ids(start, fields)
    if not ids or columns.indices.get("platform") or columns.indices.get("url"):
        return False
    return all(len(post_id) >= _X_DIGITS and snowflake_date(post_id) for post_id in ids)
