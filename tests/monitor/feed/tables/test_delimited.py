"""Lines become rows of cells: quotes, broken rows, bytes that are not UTF-8."""

from __future__ import annotations

import io

import pytest

from monitor.feed.entries import Reject
from monitor.feed.source import read_source_lines
from monitor.feed.tables.delimited import Dialect, Quoting, literal_cells, split_rows

COMMAS = Dialect(",", Quoting.DOUBLED, width=2)
TABS = Dialect("\t", Quoting.NONE, width=2)


def cells_of(data: bytes, dialect: Dialect = COMMAS) -> list[list[str] | tuple[int, str]]:
    """Return the cells of each row, and the line and reason of each reject."""
    rows = split_rows(read_source_lines(io.BytesIO(data)), dialect)
    return [(row.line, row.reason) if isinstance(row, Reject) else list(row.cells) for row in rows]


def test_a_quoted_cell_may_contain_delimiters_quotes_and_line_ends() -> None:
    assert cells_of(b'1,"a, ""b""\r\nc"\r\n\r\n2,last\r\n') == [["1", 'a, "b"\nc'], ["2", "last"]]


def test_a_quote_that_encloses_only_a_part_of_a_cell_is_an_ordinary_character() -> None:
    assert cells_of(b'1,"hi" she said\n2,he said "hi"\n') == [["1", '"hi" she said'], ["2", 'he said "hi"']]


def test_without_quoting_all_quotes_are_ordinary_characters() -> None:
    assert cells_of(b'1\t"so" dizzy\n2\t"never closed\n', TABS) == [
        ["1", '"so" dizzy'],
        ["2", '"never closed'],
    ]


def test_the_last_column_can_take_the_rest_of_the_line() -> None:
    dialect = Dialect("\t", Quoting.NONE, width=2, rest_is_text=True)
    assert cells_of(b"1\ta\tb\n", dialect) == [["1", "a\tb"]]


def test_an_unclosed_quote_affects_its_own_row_only() -> None:
    data = b'1,first\n2,"open\n3,between\n4,"quoted, too"\n5,"open at the end\n6,last\n'
    assert cells_of(data) == [
        ["1", "first"],
        ["2", '"open'],
        ["3", "between"],
        ["4", "quoted, too"],
        ["5", '"open at the end'],
        ["6", "last"],
    ]


def test_a_line_that_starts_with_an_id_is_not_swallowed_by_an_unclosed_quote() -> None:
    data = b'1212092628029698048,"open\n1212092628029698049,so sick"\n'
    assert cells_of(data) == [["1212092628029698048", '"open'], ["1212092628029698049", 'so sick"']]


def test_a_row_whose_quotes_make_no_sense_is_rejected() -> None:
    assert cells_of(b'1,"a"b,c\n2,fine\n') == [(1, "wrong-columns"), ["2", "fine"]]


def test_a_huge_cell_is_read() -> None:
    assert cells_of(b"1," + b"a" * 200_000 + b",\n2,fine\n") == [["1", "a" * 200_000, ""], ["2", "fine"]]


def test_a_quote_that_is_never_closed_in_a_huge_file_is_part_of_its_cell() -> None:
    rows = cells_of(b'1,"open\n' + b"2," + b"a" * 12_000_000 + b"\n3," + b"a" * 12_000_000 + b"\n4,fine\n")
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert rows[0] == ["1", '"open']


def test_a_broken_character_in_a_utf8_file_rejects_its_row() -> None:
    assert cells_of("1,café\n".encode() + b"2,\xff\n3,ok\n") == [["1", "café"], (2, "not-utf8"), ["3", "ok"]]


@pytest.mark.parametrize("dialect", [COMMAS, Dialect(",", Quoting.NONE)])
def test_the_first_line_that_is_not_ascii_shows_that_a_file_is_cp1252(dialect: Dialect) -> None:
    assert cells_of(b"1,ok\n2,caf\xe9\n3,\x93quoted\x94\n", dialect) == [
        ["1", "ok"],
        ["2", "café"],
        ["3", "“quoted”"],
    ]


def test_emoji_in_the_encoding_of_java_are_read() -> None:
    emoji = "😀".encode("utf-16-le").decode("utf-16-le", "surrogatepass")
    pairs = "".join(chr(unit) for unit in (0xD83D, 0xDE00)).encode("utf-8", "surrogatepass")
    assert cells_of(b"1," + pairs + b"\n") == [["1", emoji]]


def test_many_quotes_are_split_in_linear_time() -> None:
    assert len(literal_cells('1,"' + '"' * 100_001 + ",x", ",")) in (2, 3)
