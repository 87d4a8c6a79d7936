"""Files are recognized as tables from their first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.monitor.feed.tables.table_reading import detected_format


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"id,text\n1,a\n", "csv"),
        (b"id;text\n1;a\n", "csv"),
        (b"sep=;\nid;text\n1;a\n", "csv"),
        (b"id\ttext\tlang\n1\ta\ten\n", "tsv"),
        (b"tweet_id\ttext\n1\ta\n", "smm4h"),
        (b"1212092628029698048\t57\t0\tso sick\n", "smm4h"),
        (b'tweet_id\ttext\n1\t"hi" she said\n2\t""\n3\t"all of it"\n', "smm4h"),
        (b'tweet_id\ttext\n1\t"so ""sick"""\n', "tsv"),
        (b'tweet_id\ttext\n1\t"so\nsick"\n2\tdizzy\n', "tsv"),
        ("id\ttext\n1\ta\n".encode("utf-16"), "tsv"),
        (b"PAR1\x15\x04", "parquet"),
        (b"ARROW1\0\0\xff\xff", "arrow"),
        (b"PK\x03\x04...[Content_Types].xml", "xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "xlsx"),
    ],
)
def test_each_format_is_recognized(data: bytes, name: str) -> None:
    table_format = detected_format(data)
    assert table_format is not None
    assert table_format.name == name


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"one line only",
        b"A letter, to you\nwith, several, commas\nand none here\nor, here\nthe end\n",
        b"\x89PNG\r\n\x1a\n\0\0\0,\0,\n\0,",
        b"PK\x03\x04tweets.js",
    ],
)
def test_other_files_are_not_tables(data: bytes) -> None:
    assert detected_format(data) is None


def test_lines_without_columns_are_not_a_table_even_if_one_has_commas() -> None:
    event = b'data: {"id":"1212092628029698048","text":"so sick of it all, and so dizzy today","lang":"en"}'
    assert detected_format(b"event: update\n" + event + b"\n\n:thump\n\nevent: end\n", "t.txt") is None


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_are_recognized_or_not(data: bytes) -> None:
    detected_format(data)
