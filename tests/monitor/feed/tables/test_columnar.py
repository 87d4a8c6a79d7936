"""Parquet and Arrow: nested columns, dates, large files in batches."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from datetime import UTC, datetime
from typing import Any

import pyarrow
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed.source import FeedError, UnknownFormatError
from tests.monitor.feed.tables.table_reading import detected_format, read_as

ID = 1212092628029698048
COLUMNS: dict[str, list[Any]] = {
    "id": [ID, ID + 5],
    "text": ["so sick", "dizzy"],
    "author": [{"id": 5, "names": {"short": "ann"}}, {"id": 6, "names": {"short": "bob"}}],
    "created_at": [datetime(2026, 3, 14, 9, 26, tzinfo=UTC), None],
    "entities": [{"urls": ["https://a.example"]}, None],
}


def written(columns: dict[str, Any], kind: str, rows_in_group: int | None = None) -> bytes:
    table = pyarrow.table(columns)
    file = io.BytesIO()
    if kind == "parquet":
        pyarrow.parquet.write_table(table, file, row_group_size=rows_in_group)
    elif kind == "stream":
        with pyarrow.ipc.new_stream(file, table.schema) as writer:
            writer.write_table(table)
    else:
        pyarrow.feather.write_feather(table, file)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["parquet", "feather", "stream"])
def test_posts_with_nested_columns_are_read(kind: str) -> None:
    result = read_as(written(COLUMNS, kind))
    assert result.ids == [str(ID), str(ID + 5)]
    assert result.texts == ["so sick", "dizzy"]
    assert [entry["author_id"] for entry in result.entries] == ["5", "6"]
    assert result.posts[0].created_at == datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
    assert len(result.posts) == 2


def test_all_batches_of_a_large_file_are_read() -> None:
    rows = 10_000
    columns = {"id": list(range(rows)), "text": [f"felt sick {number}" for number in range(rows)]}
    result = read_as(written(columns, "parquet", rows_in_group=777), "parquet")
    assert [int(post_id) for post_id in result.ids] == columns["id"]


def test_times_of_any_unit_and_zone_are_read() -> None:
    nanoseconds = pyarrow.array([1_773_480_413_123_456_789, 2**62], pyarrow.timestamp("ns", "Europe/Berlin"))
    columns = {"id": ["1", "2"], "text": ["sick", "dizzy"], "date": nanoseconds}
    result = read_as(written(columns, "parquet"), "parquet")
    assert result.posts[0].created_at == datetime(2026, 3, 14, 9, 26, 53, 123_456, tzinfo=UTC)
    assert result.rejects == [(2, "bad-date")]


def test_texts_without_a_declared_encoding_are_read() -> None:
    columns = {"id": [b"1"], "text": ["café".encode()]}
    assert read_as(written(columns, "parquet"), "parquet").texts == ["café"]


def test_ids_that_became_floats_are_refused() -> None:
    with pytest.raises(FeedError, match="as text"):
        read_as(written({"id": [float(ID), None], "text": ["sick", "dizzy"]}, "parquet"), "parquet")


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_file_without_posts_is_refused(kind: str) -> None:
    data = written({"a": [1], "b": [2]}, "parquet" if kind == "parquet" else "feather")
    with pytest.raises(UnknownFormatError, match="header is: a, b"):
        read_as(data, kind)


@pytest.mark.parametrize("kind", ["parquet", "feather", "stream"])
def test_a_file_that_is_cut_off_is_an_error(kind: str) -> None:
    data = written(COLUMNS, kind)[:-40]
    table_format = detected_format(data)
    assert table_format is not None
    with pytest.raises(FeedError, match="damaged"):
        read_as(data)


@pytest.mark.parametrize("kind", ["parquet", "feather", "stream"])
@given(st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_file_with_damaged_bytes_is_read_or_refused(kind: str, damage: list[tuple[int, int]]) -> None:
    data = bytearray(written(COLUMNS, kind))
    for place, value in damage:
        data[place % len(data)] = value
    with contextlib.suppress(FeedError):
        read_as(bytes(data), "parquet" if kind == "parquet" else "arrow")


def test_a_missing_library_is_an_error_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(FeedError, match=re.escape("ade-monitor[sources]")):
        read_as(b"PAR1", "parquet")
