"""Workbooks: sheets, dates, and numbers that lost digits."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feed.field_mapping import FieldMapping
from monitor.feed.file_format import ReadOptions
from monitor.feed.source import FeedError, UnknownFormatError
from tests.monitor.feed.tables.table_reading import read_as

ID = "1212092628029698048"


def workbook(**sheets: Sequence[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_workbook_is_recognized_and_read() -> None:
    posts = [
        ["Tweet Id", "Full Text", "Date"],
        [ID, "so sick", datetime(2026, 3, 14, 9, 26)],
        [11, "dizzy", None],
    ]
    result = read_as(workbook(Posts=posts))
    assert result.ids == [ID, "11"]
    assert result.entries[0]["created_at"] == "2026-03-14T09:26:00+00:00"
    assert len(result.posts) == 2


def test_sheets_without_posts_are_skipped() -> None:
    data = workbook(
        Info=[["Report", "Q1"], ["From", "January"]],
        Empty=[],
        Posts=[["Report"], [], ["id", "text"], ["1", "sick"]],
    )
    result = read_as(data, "xlsx")
    assert result.texts == ["sick"]
    assert any("'Posts'" in note for note in result.notes)


def test_all_sheets_with_posts_are_read() -> None:
    data = workbook(
        X=[["id", "text"], ["1", "sick"]],
        Info=[["Report"], ["of", "January"]],
        Reddit=[["Post Id", "Body"], ["t3_a", "dizzy"]],
        Labels=[["id", "text"], *([str(number), "ADE"] for number in range(3))],
    )
    result = read_as(data, "xlsx")
    assert (result.ids, result.texts) == (["1", "t3_a"], ["sick", "dizzy"])
    assert any("'Info', 'Labels'" in note for note in result.notes)


def test_sheets_without_the_columns_that_the_user_names_are_skipped() -> None:
    data = workbook(Info=[["a", "b"], ["1", "2"]], Posts=[["drug_id", "comment"], ["zoloft.1", "so sick"]])
    result = read_as(data, "xlsx", ReadOptions(mapping=FieldMapping(id="drug_id")))
    assert (result.ids, result.texts) == (["zoloft.1"], ["so sick"])
    with pytest.raises(FeedError, match="no column 'nr'"):
        read_as(data, "xlsx", ReadOptions(mapping=FieldMapping(id="nr")))


def test_damaged_ids_of_a_later_sheet_are_refused() -> None:
    data = workbook(A=[["id", "text"], ["1", "sick"]], B=[["id", "text"], [int(ID), "sick"]])
    with pytest.raises(FeedError, match="15 digits"):
        read_as(data, "xlsx")


def test_ids_that_are_large_numbers_are_refused() -> None:
    data = workbook(Posts=[["id", "text"], [int(ID), "sick"]])
    with pytest.raises(FeedError, match="15 digits"):
        read_as(data, "xlsx")
    assert len(read_as(data, "xlsx", ReadOptions(accept_rounded_ids=True)).entries) == 1


def test_large_numbers_do_not_matter_if_the_ids_are_also_there_as_text() -> None:
    data = workbook(Posts=[["id", "id_str", "text"], [int(ID), ID, "sick"]])
    assert read_as(data, "xlsx").ids == [ID]


def test_a_workbook_without_posts_is_refused() -> None:
    with pytest.raises(UnknownFormatError):
        read_as(workbook(Numbers=[["a", "b"], [1, 2]]), "xlsx")
    with pytest.raises(UnknownFormatError):
        read_as(workbook(Empty=[]), "xlsx")


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04 cut off", b"\xd0\xcf\x11\xe0 not a workbook", b"id,text\n"]
)
def test_a_damaged_workbook_is_an_error(data: bytes) -> None:
    with pytest.raises(FeedError):
        read_as(data, "xlsx")


def test_a_workbook_that_would_unpack_to_gigabytes_is_refused() -> None:
    file = io.BytesIO(workbook(Posts=[["id", "text"]]))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/bomb.xml", b"")
        archive.filelist[-1].file_size = 5 * 1_073_741_824
    with pytest.raises(FeedError, match="unpack"):
        read_as(file.getvalue(), "xlsx")


POSTS = workbook(Posts=[["id", "text", "date"], ["1", "sick", "x"], ["2", "dizzy", None]])


@given(st.lists(st.tuples(st.integers(0, len(POSTS) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_workbook_with_damaged_bytes_is_read_or_refused(damage: list[tuple[int, int]]) -> None:
    data = bytearray(POSTS)
    for place, value in damage:
        data[place] = value
    with contextlib.suppress(FeedError):
        read_as(bytes(data), "xlsx")


CELLS = st.none() | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=9)
CELLS |= st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
CELLS |= st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1))


@settings(max_examples=30)
@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=5))
def test_any_cells_are_read_or_refused(rows: list[list[Any]]) -> None:
    for header in ([], [["id", "text", "date"]]):
        with contextlib.suppress(FeedError):
            read_as(workbook(Posts=[*header, *rows]), "xlsx")


def test_a_missing_library_is_an_error_with_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(FeedError, match=re.escape("ade-monitor[sources]")):
        read_as(POSTS, "xlsx")
