"""Lines of a source: numbered, limited in length, and unchanged."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.feed.source import SAMPLE_SIZE, Source, SourceLine, read_source_lines


def test_line_ends_and_the_byte_order_mark_are_removed() -> None:
    data = b"\xef\xbb\xbfone\r\ntwo\n\nfour \xff\x85 still four"
    assert list(read_source_lines(io.BytesIO(data))) == [
        SourceLine(1, b"one"),
        SourceLine(2, b"two"),
        SourceLine(3, b""),
        SourceLine(4, b"four \xff\x85 still four"),
    ]


def test_a_long_line_is_cut_and_the_next_one_is_whole() -> None:
    data = b"a" * 1_000 + b"\n" + b"b" * 10 + b"\n" + b"c" * 11
    assert list(read_source_lines(io.BytesIO(data), longest=10)) == [
        SourceLine(1, b"a" * 10, whole=False),
        SourceLine(2, b"b" * 10),
        SourceLine(3, b"c" * 10, whole=False),
    ]


@example(b"\0" * 7 + b"\r\0", 7)
@example(b"\0" * 7 + b"\r\n", 7)
@given(st.binary(max_size=100).filter(lambda data: not data.startswith(b"\xef\xbb\xbf")), st.integers(1, 20))
def test_no_bytes_are_added_or_lost(data: bytes, longest: int) -> None:
    lines = list(read_source_lines(io.BytesIO(data), longest))
    expected = data.split(b"\n")
    if not expected[-1]:
        expected.pop()
    assert [line.number for line in lines] == list(range(1, len(expected) + 1))
    for line, whole in zip(lines, expected, strict=True):
        assert whole.startswith(line.data)
        if line.whole:
            assert line.data == whole.removesuffix(b"\r")
        else:
            assert len(line.data) == longest < len(whole)


@pytest.mark.parametrize("data", [b"", b" \n\r\n\t", b"\xef\xbb\xbf", b"\xff\xfe\n\0"])
def test_a_source_with_white_space_only_is_empty(data: bytes) -> None:
    assert Source("f", "", io.BytesIO(data), data).is_empty


@pytest.mark.parametrize("data", [b"x", b" \n{}", b" " * SAMPLE_SIZE, bytes(SAMPLE_SIZE)])
def test_a_source_with_anything_else_is_not_empty(data: bytes) -> None:
    assert not Source("f", "", io.BytesIO(data), data).is_empty
