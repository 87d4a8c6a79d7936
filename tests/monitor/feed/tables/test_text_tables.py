"""Text files with tables: encodings, options, and any bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import MonitorError
from monitor.feed.file_format import ReadOptions
from monitor.feed.source import FeedError, UnknownFormatError
from tests.monitor.feed.tables.table_reading import FORMATS, read_as

TEXT = "id;text\n1;I feel café-dizzy\n2;“so sick” today\n"
TEXTS = ["I feel café-dizzy", "“so sick” today"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_the_encoding_is_detected(encoding: str) -> None:
    result = read_as(TEXT.encode(encoding))
    assert result.texts == TEXTS
    assert not result.rejects


def test_the_user_can_name_the_encoding() -> None:
    result = read_as("id,text\n1,мне плохо\n".encode("cp1251"), "csv", ReadOptions(encoding="windows-1251"))
    assert result.texts == ["мне плохо"]
    with pytest.raises(MonitorError, match="utf-17"):
        read_as(b"id,text\n1,a\n", "csv", ReadOptions(encoding="utf-17"))


def test_in_a_file_that_is_named_utf8_broken_rows_are_rejected() -> None:
    result = read_as(b"id,text\n1,caf\xe9\n2,dizzy\n", "csv", ReadOptions(encoding="UTF8"))
    assert (result.texts, result.rejects) == (["dizzy"], [(2, "not-utf8")])


def test_cp1252_is_noticed_far_behind_the_sample_and_reported_once() -> None:
    rows = b"".join(b"%d,plain text of a post\n" % number for number in range(5_000))
    result = read_as(b"id,text\n" + rows + b"5000,caf\xe9\n5001,na\xefve\n", "csv")
    assert result.texts[-2:] == ["café", "naïve"]
    assert sum("cp1252" in note for note in result.notes) == 1


@pytest.mark.parametrize("name", ["|", "pipe"])
def test_the_user_can_name_the_delimiter(name: str) -> None:
    assert read_as(b"id|text\n1|a, b\n", "csv", ReadOptions(delimiter=name)).texts == ["a, b"]
    assert read_as(b"id#text\n1#a, b\n", "csv", ReadOptions(delimiter="#")).texts == ["a, b"]


def test_a_delimiter_must_be_one_character() -> None:
    with pytest.raises(FeedError, match="--delimiter"):
        read_as(b"id,text\n1,a\n", "csv", ReadOptions(delimiter="ab"))


def test_lines_in_front_of_the_header_can_be_skipped() -> None:
    data = b"id,text\nnot the header, really\nid,body,text\n1,x,dizzy\n"
    assert read_as(data, "csv", ReadOptions(skip_lines=2)).texts == ["dizzy"]


def test_quotes_can_be_ordinary_characters() -> None:
    data = b'id\ttext\n1\t"so dizzy"\n'
    assert read_as(data, "tsv", ReadOptions(quotes=False)).texts == ['"so dizzy"']
    assert read_as(data, "tsv").texts == ["so dizzy"]


def test_the_first_line_can_name_the_delimiter() -> None:
    assert read_as(b"sep=;\nid;text\n1;a, b\n").texts == ["a, b"]


def test_lines_can_end_with_carriage_returns_only() -> None:
    assert read_as(b"id,text\r1,dizzy\r2,sick\r").texts == ["dizzy", "sick"]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_posts(data: bytes) -> None:
    assert read_as(data, "csv").entries == []


def test_a_header_without_rows_has_no_posts() -> None:
    assert read_as(b"id,text\n", "csv").entries == []


def test_a_list_of_words_is_not_a_table() -> None:
    with pytest.raises(UnknownFormatError, match="one column"):
        read_as(b"one\ntwo\n", "csv")


def test_tabs_in_the_text_of_smm4h_stay() -> None:
    assert read_as(b"tweet_id\ttext\n1\ta\tb\n2\tc\n3\td\n").texts == ["a\tb", "c", "d"]


@given(st.binary(max_size=300), st.sampled_from(["csv", "tsv", "smm4h"]))
def test_any_bytes_are_read_or_refused(data: bytes, kind: str) -> None:
    for start in (b"", b"id,text\n", b"id\ttext\n"):
        try:
            read_as(start + data, kind)
        except FeedError:
            continue


CELLS = st.text('a1"\\,;\t\n\r =+é', max_size=8)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=8), st.sampled_from(",;\t|"))
def test_any_cells_are_read_or_refused(rows: list[list[str]], delimiter: str) -> None:
    data = "\n".join(delimiter.join(row) for row in rows).encode()
    for table_format in FORMATS.values():
        try:
            read_as(data, table_format.name)
        except FeedError:
            continue


def test_a_cell_may_be_much_longer_than_a_post() -> None:
    blob = 'z""' * 100_000
    result = read_as(f'id,text,blob\n1,"so\nsick","{blob}"\n2,dizzy,\n'.encode(), "csv")
    assert result.texts == ["so\nsick", "dizzy"]
    assert not result.rejects
