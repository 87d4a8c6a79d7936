"""CSV and TSV: columns, quotes, and broken rows."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feed import Columns, FeedError, Format
from tests.monitor.feed.reading import positions, read


def test_usual_column_names_match_in_any_case_and_order() -> None:
    data = b"Date,User_ID, Post ,junk,TWEET_ID\n2024-05-01,7,dizzy,x,10\n,,sleepy,,11\n"
    tweets, rejects = read(data, Format.CSV)
    assert tweets == [
        {"id": "10", "text": "dizzy", "author_id": "7", "created_at": "2024-05-01T00:00:00Z"},
        {"id": "11", "text": "sleepy"},
    ]
    assert not rejects


def test_columns_can_have_other_names() -> None:
    columns = Columns(id="nr", text="body", author_id="who", created_at="when", lang="l")
    data = b"id\tnr\twho\tbody\twhen\tl\n1\t10\t7\tdizzy\t2024-05-01T10:00:00Z\ten\n"
    assert read(data, Format.TSV, columns)[0] == [
        {"id": "10", "text": "dizzy", "author_id": "7", "lang": "en", "created_at": "2024-05-01T10:00:00Z"}
    ]


@pytest.mark.parametrize(
    ("header", "columns", "advice"),
    [
        (b"nr,text", Columns(), "--id-column"),
        (b"id,body", Columns(), "--text-column"),
        (b"id,text", Columns(author_id="who"), "--author-column"),
        (b"id,text", Columns(created_at="when"), "--date-column"),
        (b'"id,text', Columns(), "header"),
        (b"id,text,\xff", Columns(), "header"),
    ],
)
def test_a_missing_column_is_an_error_with_advice(header: bytes, columns: Columns, advice: str) -> None:
    with pytest.raises(FeedError, match=advice):
        read(header + b"\n1,dizzy\n", Format.CSV, columns)


def test_a_quoted_field_may_contain_delimiters_quotes_and_line_ends() -> None:
    tweets, _ = read(b'id,text\r\n1,"a, ""b""\r\nc"\r\n2,last\r\n', Format.CSV)
    assert [tweet["text"] for tweet in tweets] == ['a, "b"\nc', "last"]


def test_with_no_quotes_a_quote_is_an_ordinary_character() -> None:
    tweets, rejects = read(b'id\ttext\n1\t"so" dizzy\n2\t"never closed\n3\tfine\n', Format.TSV, quotes=False)
    assert [tweet["text"] for tweet in tweets] == ['"so" dizzy', '"never closed', "fine"]
    assert not rejects


def test_an_unclosed_quote_affects_its_own_row_only() -> None:
    data = b'id,text\n1,first\n2,"open\n3,between\n4,"quoted, too"\n5,"open at the end\n6,last\n'
    tweets, rejects = read(data, Format.CSV)
    assert [tweet["id"] for tweet in tweets] == ["1", "3", "4", "6"]
    assert positions(rejects) == [(3, "wrong-columns"), (6, "wrong-columns")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"1,dizzy,more", "wrong-columns"),
        (b"1", "wrong-columns"),
        (b"1,\xff\xfe", "not-utf8"),
        (b"1,", "blank-text"),
        (b",dizzy", "bad-id"),
        (b"1.21209E+18,dizzy", "bad-id"),
        (b"1212092628029698048.0,dizzy", "bad-id"),
        (b"1," + b"a" * 200_000, "wrong-columns"),
    ],
)
def test_a_bad_row_is_rejected_and_the_next_one_is_read(row: bytes, reason: str) -> None:
    tweets, rejects = read(b"id,text\n\n" + row + b"\n2,fine\n", Format.CSV)
    assert [tweet["id"] for tweet in tweets] == ["2"]
    assert positions(rejects) == [(3, reason)]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1, max_size=30)
READABLE = TEXTS.filter(lambda text: not text.isspace())


@given(st.lists(READABLE, min_size=1, max_size=5), st.sampled_from([(",", Format.CSV), ("\t", Format.TSV)]))
def test_the_output_of_a_csv_writer_is_read_unchanged(texts: list[str], kind: tuple[str, Format]) -> None:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=kind[0], lineterminator="\n")
    writer.writerow(["id", "text"])
    writer.writerows(enumerate(texts))
    tweets, rejects = read(file.getvalue().encode(), kind[1])
    assert [tweet["text"] for tweet in tweets] == texts
    assert not rejects


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_rejected(rows: bytes) -> None:
    read(b"id,text\n" + rows, Format.CSV)
    read(rows, Format.SMM4H)
